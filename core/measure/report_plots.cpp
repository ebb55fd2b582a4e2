#include "core/measure/report_plots.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace phloxine {

namespace {

std::string fixed(double value, int digits = 1) {
    char text[48];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string svg(int width, int height, const std::string& label) {
    return "<svg viewBox=\"0 0 " + std::to_string(width) + " " + std::to_string(height) + "\" width=\"" + std::to_string(width) +
           "\" height=\"" + std::to_string(height) + "\" role=\"img\" aria-label=\"" + escaped(label) + "\">";
}

std::string textAt(double x, double y, const std::string& words, const char* anchor = "middle", const char* kind = "axis") {
    return "<text class=\"" + std::string(kind) + "\" x=\"" + fixed(x) + "\" y=\"" + fixed(y) + "\" text-anchor=\"" + anchor + "\">" +
           escaped(words) + "</text>";
}

std::string line(double x1, double y1, double x2, double y2, const char* kind) {
    return "<line class=\"" + std::string(kind) + "\" x1=\"" + fixed(x1) + "\" y1=\"" + fixed(y1) + "\" x2=\"" + fixed(x2) + "\" y2=\"" +
           fixed(y2) + "\"/>";
}

// A step of 1, 2 or 5 times a power of ten that gives about five marks.
double tickStep(double range) {
    const double raw = range / 5, power = std::pow(10, std::floor(std::log10(raw)));
    for (const double step : {1.0, 2.0, 5.0})
        if (raw <= step * power) return step * power;
    return 10 * power;
}

} // namespace

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) switch (c) {
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '&':
            result += "&amp;";
            break;
        case '"':
            result += "&quot;";
            break;
        default:
            result += c;
        }
    return result;
}

std::string shortNumber(double value) {
    if (!std::isfinite(value)) return "\u2013";
    if (value == 0) return "0";
    const int magnitude = int(std::floor(std::log10(std::abs(value))));
    if (magnitude < -5) {
        char text[32];
        std::snprintf(text, sizeof text, "%.2g", value);
        return text;
    }
    return fixed(value, std::max(0, 2 - magnitude));
}

std::string densitySvg(const Curves& curves, int width, int height) {
    const int left = 12, right = width - 12, bottom = height - 36, top = 10;
    auto result = svg(width, height, "Density of " + curves.xTitle + ", real and synthetic");
    if (curves.x.size() < 2) return result + textAt(width / 2., height / 2., "Too few tiles to draw") + "</svg>";
    const double first = curves.x.front(), range = curves.x.back() - first;
    double peak = 1e-12;
    for (const auto* density : {&curves.real, &curves.synthetic})
        for (const double value : *density) peak = std::max(peak, value);
    const auto px = [&](double x) { return left + (x - first) / range * (right - left); };
    const auto py = [&](double y) { return bottom - y / peak * (bottom - top); };
    const auto path = [&](const std::vector<double>& density, const char* kind) {
        std::string points;
        for (std::size_t i = 0; i < density.size(); ++i) points += fixed(px(curves.x[i])) + "," + fixed(py(density[i])) + " ";
        return "<polyline class=\"" + std::string(kind) + "\" points=\"" + points + "\"/>";
    };
    result += line(left, bottom, right, bottom, "base");
    const double step = tickStep(range);
    for (double tick = std::ceil(first / step) * step; tick <= curves.x.back() + step * 1e-9; tick += step)
        result += textAt(px(tick), bottom + 14, shortNumber(std::abs(tick) < step * 1e-6 ? 0 : tick));
    result += textAt(width / 2., height - 6, curves.xTitle);
    if (!curves.limitTitle.empty())
        result += line(px(curves.limit), top, px(curves.limit), bottom, "limit") +
                  textAt(px(curves.limit) + 4, top + 8, curves.limitTitle, "start");
    result += path(curves.real, "real") + path(curves.synthetic, "synthetic");
    for (const double mark : curves.realMarks) result += line(px(mark), bottom - 8, px(mark), bottom, "real");
    for (const double mark : curves.syntheticMarks) result += line(px(mark), bottom - 8, px(mark), bottom, "syntheticMark");
    return result + "</svg>";
}

std::string spectrumSvg(const BandedCurves& curves, int width, int height) {
    const double left = 52, right = width - 12, bottom = height - 40, top = 10;
    auto result = svg(width, height, "Power spectrum of real and synthetic tiles");
    double low = INFINITY, high = -INFINITY;
    for (const auto* values : {&curves.realLow, &curves.realHigh, &curves.syntheticLow, &curves.syntheticHigh})
        for (const double v : *values)
            if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
    if (curves.x.size() < 2 || !(high > low)) return result + textAt(width / 2., height / 2., "Too few tiles to draw") + "</svg>";
    const double last = curves.x.back();
    const auto px = [&](double x) { return left + x / last * (right - left); };
    const auto py = [&](double y) { return bottom - (y - low) / (high - low) * (bottom - top); };
    for (double tick = std::ceil(low); tick <= high; tick += std::max(1.0, std::round((high - low) / 5)))
        result += line(left, py(tick), right, py(tick), "grid") + textAt(left - 6, py(tick) + 4, "10^" + fixed(tick, 0), "end");
    const double step = tickStep(last);
    for (double tick = 0; tick <= last + 1e-9; tick += step)
        result += line(px(tick), bottom, px(tick), bottom + 4, "base") + textAt(px(tick), bottom + 16, fixed(tick, step < 0.1 ? 2 : 1));
    result += line(left, bottom, right, bottom, "base") + textAt((left + right) / 2, height - 6, curves.xTitle) +
              textAt(right, top + 8, curves.yTitle, "end");
    const auto draw = [&](const std::vector<double>& middle, const std::vector<double>& lower, const std::vector<double>& upper,
                          const char* kind) {
        std::string there, back, path;
        for (std::size_t i = 0; i < curves.x.size(); ++i) {
            if (!std::isfinite(middle[i])) continue;
            const auto x = fixed(px(curves.x[i]));
            there.append(x).append(",").append(fixed(py(upper[i]))).append(" ");
            back = x + "," + fixed(py(lower[i])) + " " + back;
            path.append(path.empty() ? "M" : "L").append(x).append(" ").append(fixed(py(middle[i])));
        }
        result.append("<polygon class=\"").append(kind).append("Band\" points=\"").append(there).append(back).append("\"/>");
        result.append("<path class=\"").append(kind).append("\" d=\"").append(path).append("\"/>");
    };
    draw(curves.real, curves.realLow, curves.realHigh, "real");
    draw(curves.synthetic, curves.syntheticLow, curves.syntheticHigh, "synthetic");
    return result + "</svg>";
}

std::string dotSvg(const std::vector<DotRow>& rows, double low, double high, int width) {
    const int labels = 150, rowHeight = 34, height = int(rows.size()) * rowHeight + 30;
    const auto px = [&](double x) { return labels + (std::clamp(x, low, high) - low) / (high - low) * (width - labels - 20); };
    auto result = svg(width, height, "Share of tiles in which the asked class was found, real and synthetic");
    const double step = tickStep(high - low);
    for (double tick = low; tick <= high + 1e-9; tick += step)
        result += line(px(tick), 4, px(tick), height - 22, "grid") + textAt(px(tick), height - 8, fixed(tick * 100, 0) + " %");
    double y = 18;
    for (const auto& row : rows) {
        result += textAt(labels - 12, y + 4, row.title, "end", "label");
        result += line(px(row.realLow), y - 5, px(row.realHigh), y - 5, "real");
        result += "<circle class=\"realDot\" cx=\"" + fixed(px(row.real)) + "\" cy=\"" + fixed(y - 5) + "\" r=\"4.5\"/>";
        result += line(px(row.syntheticLow), y + 6, px(row.syntheticHigh), y + 6, "syntheticMark");
        result += "<circle class=\"syntheticDot\" cx=\"" + fixed(px(row.synthetic)) + "\" cy=\"" + fixed(y + 6) + "\" r=\"4.5\"/>";
        y += rowHeight;
    }
    return result + "</svg>";
}

} // namespace phloxine
