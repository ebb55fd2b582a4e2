// The part of a comparison that says what its counts of nuclei are worth.
#include <cmath>
#include <cstdio>

#include "core/base/number_text.h"
#include "core/measure/measured_set.h"

namespace phloxine {

namespace {

std::string signedPercent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%+.0f %%", share * 100);
    return text;
}

Finding findingOf(const NucleiCheck& check) {
    const auto& c = check.clicked;
    std::string others;
    if (!c.faults.empty()) others.append(" ").append(std::to_string(c.faults.size())).append(" clicked fields were left out.");
    if (!check.calibrationGiven)
        return {"Not calibrated on this stain: how many nuclei the counter misses or invents on these tiles is not known.",
                Judgement::Look};
    if (c.applies()) {
        std::string text = "Calibrated on " + std::to_string(c.fields) + " fields: counts are divided by " + twoDigits(c.factor);
        if (std::isfinite(c.low)) text += " (" + twoDigits(c.low) + " to " + twoDigits(c.high) + ")";
        return {text + ", in both arms by the same factor." + others, Judgement::Good};
    }
    if (c.fields >= NucleiCalibration::enough)
        return {"Not calibrated: the clicked fields, or the counter on them, hold no nuclei." + others, Judgement::Look};
    std::string text = "Not calibrated: " + std::to_string(c.fields) + " of " + std::to_string(NucleiCalibration::enough) +
                       " fields are clicked, so " + std::to_string(NucleiCalibration::enough - c.fields) + " are missing";
    if (std::isfinite(c.bias)) text += "; on these the counter is off by " + signedPercent(c.bias) + " on average";
    return {text + "." + others, Judgement::Look};
}

} // namespace

NucleiCheck checkNuclei(const std::optional<NucleiCalibration>& clicked, const MeasuredSet& real, const StainMatrix& stain,
                        const ProgressHook& progress) {
    NucleiCheck check;
    progress({"Counting nuclei of rendered fields", 0});
    static const auto errors = counterErrors(); // the same in every comparison
    check.rendered = errors;
    check.calibrationGiven = clicked.has_value();
    if (clicked) {
        const auto settingsOf = [&](const Scale& scale) {
            auto settings = nucleusSettings(real.physical ? scale : Scale{});
            settings.stain = stain;
            return settings;
        };
        check.clicked = judgeCounter(*clicked, real.set, settingsOf, progress);
        check.sameSet = clicked->setSha256 == real.summary.contentSha256;
    }
    check.finding = findingOf(check);
    return check;
}

void correctCounts(const NucleiCheck& check, MeasuredSet& measured) {
    if (!check.clicked.applies()) return;
    const auto& rows = tileMeasureRows();
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (std::string(rows[i].id) == "nuclei")
            for (auto& row : measured.measures) row[i] /= check.clicked.factor;
}

} // namespace phloxine
