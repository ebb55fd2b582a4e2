// The part of a comparison that asks judges trained on real tiles which class a tile shows.
#include <cmath>

#include "core/base/Error.h"
#include "core/measure/learning/judge.h"
#include "core/measure/measured_set.h"

namespace phloxine {

namespace {

ClassAdherenceRow rowOf(const std::string& className, const Judge& judge, const Estimate& real, const Estimate& synthetic) {
    return {className,       judge.id,      real.value,     real.low,   real.high,
            synthetic.value, synthetic.low, synthetic.high, real.tiles, synthetic.tiles};
}

std::string percent(double share) { return std::to_string(int(std::lround(share * 100))) + " %"; }

Finding findingOf(const Judge& judge) {
    const auto& s = judge.synthetic;
    std::string text = "The judge of " + judge.id + " finds the asked class in " + percent(s.value) + " of synthetic tiles (" +
                       percent(s.low) + " to " + percent(s.high) + ") and in " + percent(judge.real.value) + " of held-out real ones (" +
                       percent(judge.real.low) + " to " + percent(judge.real.high) + ").";
    const ClassJudgement* worst = nullptr;
    for (const auto& c : judge.classes)
        if (c.synthetic.tiles && (!worst || c.synthetic.value < worst->synthetic.value)) worst = &c;
    if (worst && worst->synthetic.value < s.value - 0.05)
        text += " It misses " + worst->className + " most: " + percent(worst->synthetic.value) + ".";
    return {text, s.high < judge.real.low ? Judgement::Look : Judgement::Good};
}

} // namespace

Judges::Judges(const MeasuredSet& real, const CompareRequest& request, const std::string& device, const ProgressHook& progress) {
    try {
        auto set = real.set;
        JudgeSettings settings;
        settings.device = device;
        settings.seed = request.seed, settings.steps = request.steps;
        m_judges = std::make_shared<ClassJudges>(set, settings, progress);
    } catch (const Error& e) { m_why = e.what(); }
}

void Judges::compare(const MeasuredSet& synthetic, SyntheticReport& report, const ProgressHook& progress) const {
    try {
        if (!m_judges) throw Error(ErrorCode::WrongUse, m_why);
        auto set = synthetic.set;
        const auto result = m_judges->judge(set, progress);
        for (const auto& judge : result.judges) {
            report.adherence.classes.push_back(rowOf({}, judge, judge.real, judge.synthetic));
            for (const auto& c : judge.classes) report.adherence.classes.push_back(rowOf(c.className, judge, c.real, c.synthetic));
            report.adherence.findings.push_back(findingOf(judge));
        }
    } catch (const Error& e) {
        report.adherence.findings.push_back({std::string("The classes were not judged. ") + e.what(), Judgement::Look});
    }
}

} // namespace phloxine
