#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

namespace {

// Each network call with its move. The history holds eps, or v where the settings say so.
class Plms {
public:
    Plms(Denoiser& denoise, const SamplingPlan& plan) : m_denoise(denoise), m_v(plan.settings.combineV), m_moves(plmsMoves(plan)) {}

    at::Tensor x0;

    at::Tensor step(const at::Tensor& x) {
        const auto e = ask(x);
        m_past.insert(m_past.begin(), e);
        if (m_past.size() > 4) m_past.pop_back();
        return go(x, combined());
    }

    // The first step has no history: half the slope here, half at its end (pseudo improved Euler).
    at::Tensor firstStep(const at::Tensor& x) {
        const auto e = ask(x);
        m_past.push_back(e);
        if (m_moves.size() == 1) return go(x, e);
        return go(x, (e + ask(go(x, e))) / 2);
    }

    // Classical Runge-Kutta of order 4; its first slope enters the history.
    at::Tensor rungeKuttaStep(const at::Tensor& x) {
        const auto a = ask(x);
        m_past.insert(m_past.begin(), a);
        const auto b = ask(go(x, a));
        const auto c = ask(go(x, b));
        const auto d = ask(go(x, c));
        return go(x, (a + 2 * b + 2 * c + d) / 6);
    }

private:
    at::Tensor ask(const at::Tensor& x) {
        m_move = m_moves.at(m_next++);
        const auto d = m_denoise(x, m_move.at);
        x0 = d.x0;
        return m_v ? m_move.at.alpha * d.eps - m_move.at.sigma * d.x0 : d.eps;
    }

    at::Tensor go(const at::Tensor& x, const at::Tensor& output) const { // Song et al. 2021, eq. 12
        const auto& [at, from, to] = m_move;
        const auto eps = m_v ? from.alpha * output + from.sigma * x : output;
        return to.alpha * ((x - from.sigma * eps) / from.alpha) + to.sigma * eps;
    }

    at::Tensor combined() const { // Adams-Bashforth of the order that the history allows
        const auto& e = m_past;
        switch (e.size()) {
        case 1:
            return e[0];
        case 2:
            return (3 * e[0] - e[1]) / 2;
        case 3:
            return (23 * e[0] - 16 * e[1] + 5 * e[2]) / 12;
        default:
            return (55 * e[0] - 59 * e[1] + 37 * e[2] - 9 * e[3]) / 24;
        }
    }

    Denoiser& m_denoise;
    bool m_v;
    std::vector<Move> m_moves;
    std::size_t m_next = 0;
    Move m_move;
    std::vector<at::Tensor> m_past; // newest first
};

} // namespace

std::vector<Move> plmsMoves(const SamplingPlan& plan) {
    if (!plan.moves.empty()) return plan.moves;
    const auto& levels = plan.levels;
    const auto last = levels.size() - 2;
    std::vector<Move> moves{{levels[0], levels[0], levels[1]}, {levels[std::min<std::size_t>(1, last)], levels[0], levels[1]}};
    for (std::size_t i = 1; i <= last; ++i) moves.push_back({levels[i], levels[i], levels[i + 1]});
    return moves;
}

at::Tensor samplePlms(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    Plms plms(denoise, plan);
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, plms.x0);
        x = plan.settings.rungeKuttaStart && i < 3 ? plms.rungeKuttaStep(x) : i == 0 ? plms.firstStep(x) : plms.step(x);
    }
    return walk.finish(x, plms.x0);
}

} // namespace phloxine
