#include "core/measure/statistics/binomial.h"

#include <boost/math/distributions/beta.hpp>

namespace phloxine {

BinomialInterval clopperPearson(int successes, int trials) {
    if (trials == 0) return {};
    const double k = successes, n = trials;
    BinomialInterval interval;
    if (successes > 0) interval.low = boost::math::quantile(boost::math::beta_distribution<>(k, n - k + 1), 0.025);
    if (successes < trials) interval.high = boost::math::quantile(boost::math::beta_distribution<>(k + 1, n - k), 0.975);
    return interval;
}

} // namespace phloxine
