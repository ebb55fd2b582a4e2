#pragma once

namespace phloxine {

struct BinomialInterval {
    double low = 0, high = 1;
};
// Clopper and Pearson, Biometrika 1934: exact 95 % interval of a share of which `successes` of `trials` were seen. 0 to 1 for no trials.
BinomialInterval clopperPearson(int successes, int trials);

} // namespace phloxine
