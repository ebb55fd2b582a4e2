// The order of convergence of each deterministic sampler, measured: error against number of steps on a Gaussian whose probability flow is
// known. `--write-figure PATH` draws the same numbers as SVG (packaging/docs/figures/sampler-convergence.svg).
#include <fstream>
#include <sstream>

#include <QtTest>

#include "tests/diffusion/problem.h"

using namespace phloxine;

namespace {

// A test in float32 would end at 1e-7; the samplers follow the type of x, so this one runs in float64.
class ExactDenoiser final : public Denoiser {
public:
    Denoised operator()(const at::Tensor& x, const Level& l) override {
        const double mean = 0.3, variance = 0.25, gain = l.alpha * variance / (l.alpha * l.alpha * variance + l.sigma * l.sigma);
        const auto x0 = mean + gain * (x - l.alpha * mean);
        return {x0, (x - l.alpha * x0) / l.sigma};
    }
};

struct Method {
    const char *id, *title, *colour;
    SamplerSettings settings;
    double low, high; // band that the measured order must lie in
};

SamplerSettings settingsOf(double eta, int order) {
    SamplerSettings s;
    s.eta = eta, s.order = order;
    return s;
}

// The corrector of UniPC gains one order. DPM++ 3M and LMS begin with a step of order 1, whose error of h^2 stays to the end and wins in
// the limit; the coefficients of PLMS belong to equal steps, so that on others it is of order 2.
const std::vector<Method>& methods() {
    static const std::vector<Method> table{
        {"ddim", "DDIM", "#4c6a92", settingsOf(0, 1), 0.85, 1.15},
        {"euler", "Euler", "#8fa6c4", settingsOf(0, 1), 0.85, 1.15},
        {"heun", "Heun", "#3a7d44", settingsOf(0, 2), 1.85, 2.3},
        {"dpm_2", "DPM-2", "#7fb069", settingsOf(0, 2), 1.85, 2.3},
        {"dpmpp_2s_ancestral", "DPM++ 2S, no noise", "#b5a33f", settingsOf(0, 2), 1.85, 2.3},
        {"dpmpp_2m", "DPM++ 2M", "#d0587e", settingsOf(0, 2), 1.85, 2.3},
        {"dpmpp_3m_sde", "DPM++ 3M, no noise", "#8a2f5b", settingsOf(0, 3), 1.85, 2.3},
        {"unipc", "UniPC", "#e07b39", settingsOf(0, 2), 2.6, 3.4},
        {"plms", "PLMS", "#6d5a9c", settingsOf(0, 4), 1.85, 2.3},
        {"lms", "LMS", "#9a9a9a", settingsOf(0, 4), 2.0, 3.2},
    };
    return table;
}

double errorOf(const Method& method, int steps) {
    ExactDenoiser denoise;
    PhiloxNoise noise(1);
    auto plan = planOn(method.id, smoothLevels(steps));
    plan.settings = method.settings;
    const auto x = PhiloxNoise(3).draw({1, 4, 8, 8}).to(at::kDouble);
    const auto exact = Problem().exact(x, plan.levels.front(), plan.levels.back());
    return (run(plan, denoise, x, noise) - exact).square().mean().sqrt().item<double>();
}

constexpr int stepCounts[] = {8, 16, 32, 64, 128, 256};

struct Curve {
    std::vector<double> errors;
    double order = 0; // slope between the last but two and the last
};

Curve measure(const Method& method) {
    Curve curve;
    for (const int steps : stepCounts) curve.errors.push_back(errorOf(method, steps));
    const auto n = curve.errors.size();
    curve.order = std::log(curve.errors[n - 3] / curve.errors[n - 1]) / std::log(4.0);
    return curve;
}

// Log-log axes on 720 x 440; decades of error from 1 down to 1e-7.
class Figure {
public:
    std::string svg() {
        m_out
            << R"(<svg xmlns="http://www.w3.org/2000/svg" width="720" height="440" viewBox="0 0 720 440" font-family="sans-serif" font-size="12">)"
            << "\n<title>Error of each sampler against its number of steps</title>\n<rect width=\"720\" height=\"440\" "
               "fill=\"#ffffff\"/>\n";
        axes();
        double y = 62;
        text(528, 40, "measured order", "start", "#222222");
        for (const auto& method : methods()) curve(method, y), y += 22;
        m_out << "</svg>\n";
        return m_out.str();
    }

private:
    static double x(double steps) { return 72 + 430 * std::log2(steps / 8.0) / 5; }
    static double y(double error) { return 30 - 50 * std::log10(error); }

    void line(double x1, double y1, double x2, double y2, const char* colour, double width) {
        m_out << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2 << "\" stroke=\"" << colour
              << "\" stroke-width=\"" << width << "\"/>\n";
    }
    void text(double x, double y, const std::string& words, const char* anchor, const char* colour) {
        m_out << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\" fill=\"" << colour << "\">" << words
              << "</text>\n";
    }

    void axes() {
        for (int decade = 0; decade <= 7; ++decade) {
            const double at = 30 + 50.0 * decade;
            line(72, at, 502, at, "#e3e3e3", 1);
            text(64, at + 4, decade ? "1e-" + std::to_string(decade) : "1", "end", "#444444");
        }
        for (const int steps : stepCounts) {
            line(x(steps), 30, x(steps), 380, "#e3e3e3", 1);
            text(x(steps), 398, std::to_string(steps), "middle", "#444444");
        }
        line(72, 380, 502, 380, "#444444", 1);
        line(72, 30, 72, 380, "#444444", 1);
        text(287, 424, "number of steps", "middle", "#222222");
        m_out
            << "<text transform=\"translate(18 205) rotate(-90)\" text-anchor=\"middle\" fill=\"#222222\">root mean square error</text>\n";
    }

    void curve(const Method& method, double row) {
        const auto measured = measure(method);
        m_out << "<polyline fill=\"none\" stroke=\"" << method.colour << "\" stroke-width=\"2\""
              << (std::string(method.id) == "euler" ? " stroke-dasharray=\"6 6\"" : "") << " points=\""; // Euler covers DDIM
        for (std::size_t i = 0; i < measured.errors.size(); ++i) m_out << x(stepCounts[i]) << "," << y(measured.errors[i]) << " ";
        m_out << "\"/>\n";
        line(528, row - 4, 552, row - 4, method.colour, 3);
        text(560, row, method.title, "start", "#222222");
        std::ostringstream order;
        order.precision(1);
        order << std::fixed << measured.order;
        text(706, row, order.str(), "end", "#222222");
    }

    std::ostringstream m_out;
};

} // namespace

class TestConvergence : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { c10::GradMode::set_enabled(false); }

    void errorFallsWithTheOrderOfTheMethod_data() {
        QTest::addColumn<int>("row");
        for (std::size_t i = 0; i < methods().size(); ++i) QTest::newRow(methods()[i].id) << int(i);
    }
    void errorFallsWithTheOrderOfTheMethod() {
        QFETCH(int, row);
        const auto& method = methods()[std::size_t(row)];
        const auto curve = measure(method);
        qInfo("%s: error %.3g at %d steps, %.3g at %d, order %.2f", method.id, curve.errors.front(), stepCounts[0], curve.errors.back(),
              stepCounts[5], curve.order);
        QVERIFY(curve.errors.front() < 0.5 && curve.errors[2] < 0.1);
        QVERIFY(curve.order > method.low && curve.order < method.high);
    }
};

int test_diffusion_convergence(int argc, char** argv) {
    if (argc == 3 && std::string(argv[1]) == "--write-figure") {
        c10::InferenceMode guard;
        std::ofstream file(argv[2]);
        file << Figure().svg();
        return file.flush() ? 0 : 1;
    }
    TestConvergence test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_convergence.moc"
