// The part of a comparison that looks at texture by frequency: where tiles hold more or less detail than real ones.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include <boost/math/distributions/students_t.hpp>

#include "core/measure/measured_set.h"

namespace phloxine {

namespace {

constexpr std::size_t fewestSpectra = 5;
constexpr double leastFactor = 1.1; // smaller differences of power are named by no sentence, however sure they are

struct Moments {
    double mean = 0, variance = 0, low = 0, high = 0; // of log10 power over groups; low .. high: the middle 95 % of the groups
};

Moments momentsAt(const std::vector<RadialPower>& groups, std::size_t point) {
    std::vector<double> values;
    for (const auto& power : groups)
        if (const double v = std::log10(power[point]); std::isfinite(v)) values.push_back(v); // not of blank tiles
    if (values.empty()) return {Estimate::none, Estimate::none, Estimate::none, Estimate::none};
    std::sort(values.begin(), values.end());
    Moments m;
    const auto n = double(values.size());
    for (const double v : values) m.mean += v / n;
    for (const double v : values) m.variance += (v - m.mean) * (v - m.mean) / std::max(1.0, n - 1);
    m.low = values[values.size() / 40], m.high = values[values.size() - 1 - values.size() / 40];
    return m;
}

std::string words(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

// Differences at neighbouring points are one finding: the run of points with the largest sum.
struct Run {
    std::size_t first = 0, last = 0;
    double sum = 0;
};

Finding findingOf(const RadialSpectrum& s, const std::vector<double>& surely) {
    Run best, run;
    for (std::size_t i = 0; i < surely.size(); ++i) {
        const bool goesOn = run.sum * surely[i] > 0 && run.last + 1 == i;
        if (surely[i] == 0) run = {};
        else if (goesOn) run.last = i, run.sum += surely[i];
        else run = {i, i, surely[i]};
        if (std::abs(run.sum) > std::abs(best.sum)) best = run;
    }
    if (best.sum == 0) return {"The power spectra differ at no frequency by more than their groups do.", Judgement::Good};
    const double factor = std::pow(10, best.sum / double(best.last - best.first + 1));
    std::string text = "Between " + words(s.cyclesPerPx[best.first]) + " and " + words(s.cyclesPerPx[best.last]) + " cycles per px";
    if (s.micronsPerPixel > 0)
        text += " (" + words(s.cyclesPerPx[best.first] / s.micronsPerPixel) + " to " + words(s.cyclesPerPx[best.last] / s.micronsPerPixel) +
                " per um)";
    text += " the synthetic tiles hold " + words(factor) +
            " times the power of the real ones: " + (factor < 1 ? "they are smoother there." : "they hold more detail or noise there.");
    return {text, Judgement::Look};
}

} // namespace

void compareSpectra(const MeasuredSet& real, const MeasuredSet& synthetic, SyntheticReport& report) {
    auto& s = report.spectrum;
    if (real.spectra.empty() || synthetic.spectra.empty()) return;
    if (real.physical && synthetic.physical && real.summary.scale == synthetic.summary.scale)
        s.micronsPerPixel = real.summary.scale.micronsPerPixel;
    const auto a = double(real.spectra.size()), b = double(synthetic.spectra.size());
    s.realGroups = int(a), s.syntheticGroups = int(b);
    const bool enough = std::min(real.spectra.size(), synthetic.spectra.size()) >= fewestSpectra;
    std::vector<double> surely; // difference of log10 power, 0 where it is not sure or small
    for (std::size_t i = 0; i < spectrumPoints; ++i) {
        const auto r = momentsAt(real.spectra, i), q = momentsAt(synthetic.spectra, i);
        s.cyclesPerPx.push_back(spectrumFrequency(i));
        s.real.push_back(r.mean), s.realLow.push_back(r.low), s.realHigh.push_back(r.high);
        s.synthetic.push_back(q.mean), s.syntheticLow.push_back(q.low), s.syntheticHigh.push_back(q.high);
        surely.push_back(0);
        if (!enough) continue;
        // 95 % for all points together (Bonferroni); the fewer groups give the degrees of freedom.
        const double t = boost::math::quantile(boost::math::students_t(std::min(a, b) - 1), 1 - 0.025 / double(spectrumPoints));
        const double difference = q.mean - r.mean, error = std::sqrt(r.variance / a + q.variance / b);
        if (std::abs(difference) > t * error && std::abs(difference) > std::log10(leastFactor)) surely.back() = difference;
    }
    s.finding = enough ? findingOf(s, surely)
                       : Finding{"Fewer than five groups in a set: the spectra are drawn and not compared.", Judgement::Plain};
}

} // namespace phloxine
