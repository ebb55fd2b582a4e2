#pragma once
// Plots of the report as SVG text. Real is solid and dark, synthetic dashed and teal, everywhere.
#include <string>
#include <vector>

namespace phloxine {

struct Curves {
    std::vector<double> x, real, synthetic; // densities at x
    std::string xTitle;
    std::vector<double> realMarks, syntheticMarks; // medians
    double limit = 0;                              // a vertical line, where ...
    std::string limitTitle;                        // ... it has a title
};
std::string densitySvg(const Curves& curves, int width, int height);

// Curves over spatial frequency with a band around each; the y axis in powers of ten.
struct BandedCurves {
    std::vector<double> x, real, realLow, realHigh, synthetic, syntheticLow, syntheticHigh;
    std::string xTitle, yTitle;
};
std::string spectrumSvg(const BandedCurves& curves, int width, int height);

struct DotRow {
    std::string title;
    double real, realLow, realHigh, synthetic, syntheticLow, syntheticHigh;
};
std::string dotSvg(const std::vector<DotRow>& rows, double low, double high, int width); // shares from low to high, printed in per cent

std::string escaped(const std::string& text); // for HTML and SVG
std::string shortNumber(double value);        // three digits that count: 0.00412, 12.3, 1 240

} // namespace phloxine
