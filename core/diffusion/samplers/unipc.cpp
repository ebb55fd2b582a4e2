#include "core/diffusion/samplers/samplers.h"
#include "core/diffusion/samplers/walk.h"

namespace phloxine {

namespace {

struct UniPcEstimate {
    at::Tensor m; // x0, or eps where the settings say so
    Level level;
};

// The equations of one step from level s to level t with B(h) of the settings; names follow the paper (Zhao et al. 2023, section 3).
class UniPc {
public:
    UniPc(const SamplerSettings& settings, const std::vector<UniPcEstimate>& past, int order, const Level& t)
        : m_settings(settings), m_past(past), m_order(order), m_s(past.back().level), m_t(t) {
        m_h = logSnr(t) - logSnr(m_s);
        m_hh = settings.fromX0 ? -m_h : m_h;
        m_scale = (settings.fromX0 ? t.alpha : t.sigma) * (settings.bh1 ? m_hh : std::expm1(m_hh));
        for (int j = 1; j < order; ++j) m_rks.push_back((logSnr(before(j).level) - logSnr(m_s)) / m_h);
        m_rks.push_back(1);
    }

    at::Tensor predict(const at::Tensor& x) const {
        auto result = firstOrder(x);
        if (m_order == 1) return result;
        const auto rhos = m_order == 2 ? std::vector<double>{0.5} : solve(m_order - 1);
        for (int j = 1; j < m_order; ++j) result = result - m_scale * rhos[std::size_t(j) - 1] * difference(j);
        return result;
    }

    at::Tensor correct(const at::Tensor& x, const at::Tensor& m) const { // m: the estimate at t
        const auto rhos = m_order == 1 ? std::vector<double>{0.5} : solve(m_order);
        auto result = firstOrder(x);
        for (int j = 1; j < m_order; ++j) result = result - m_scale * rhos[std::size_t(j) - 1] * difference(j);
        return result - m_scale * rhos.back() * (m - m_past.back().m);
    }

private:
    const UniPcEstimate& before(int j) const { return m_past[m_past.size() - 1 - std::size_t(j)]; }
    at::Tensor difference(int j) const { return (before(j).m - m_past.back().m) / m_rks[std::size_t(j) - 1]; }

    at::Tensor firstOrder(const at::Tensor& x) const {
        const double growth = std::expm1(m_hh);
        if (m_settings.fromX0) return (m_t.sigma / m_s.sigma) * x - m_t.alpha * growth * m_past.back().m;
        return (m_t.alpha / m_s.alpha) * x - m_t.sigma * growth * m_past.back().m;
    }

    // R rho = b, with R_ij = r_j^i and b_i = i! phi_(i+1)(hh) hh / B(h), for the first n of them.
    std::vector<double> solve(int n) const {
        const auto r = at::empty({n, n}, at::kDouble), b = at::empty({n}, at::kDouble);
        const double bh = m_settings.bh1 ? m_hh : std::expm1(m_hh);
        double phi = std::expm1(m_hh) / m_hh - 1, factorial = 1;
        for (int i = 0; i < n; ++i) {
            for (int j = 0; j < n; ++j) r[i][j] = std::pow(m_rks[std::size_t(j)], i);
            b[i] = phi * factorial / bh;
            factorial *= i + 2;
            phi = phi / m_hh - 1 / factorial;
        }
        const auto rhos = at::linalg_solve(r, b).contiguous();
        return {rhos.data_ptr<double>(), rhos.data_ptr<double>() + n};
    }

    const SamplerSettings& m_settings;
    const std::vector<UniPcEstimate>& m_past;
    int m_order;
    Level m_s, m_t;
    double m_h = 0, m_hh = 0, m_scale = 0;
    std::vector<double> m_rks;
};

} // namespace

at::Tensor sampleUniPc(Denoiser& denoise, at::Tensor x, const SamplingPlan& plan, NoiseSource& noise, const StepHook& hook) {
    Walk walk(plan, noise, hook);
    const auto& s = plan.settings;
    std::vector<UniPcEstimate> past;
    at::Tensor x0, last; // last: the corrected state before the previous step
    int order = 0;
    for (int i = 0; i < plan.steps(); ++i) {
        walk.step(i, x, x0);
        const auto& now = plan.levels[std::size_t(i)];
        const auto& next = plan.levels[std::size_t(i) + 1];
        const auto d = denoise(x, now);
        x0 = d.x0;
        const auto& m = s.fromX0 ? d.x0 : d.eps;
        if (i > 0 && std::count(s.uncorrected.begin(), s.uncorrected.end(), i - 1) == 0) x = UniPc(s, past, order, now).correct(last, m);
        past.push_back({m, now});
        if (int(past.size()) > s.order) past.erase(past.begin());
        order = std::min({s.order, i + 1, s.lowerOrderFinal ? plan.steps() - i : s.order});
        if (next.sigma == 0) order = 1; // h is infinite
        last = x;
        x = UniPc(s, past, order, next).predict(x);
    }
    return walk.finish(x, x0);
}

} // namespace phloxine
