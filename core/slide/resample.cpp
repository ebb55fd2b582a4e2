#include "core/slide/resample.h"

#include <algorithm>
#include <cmath>

namespace phloxine {

namespace {
std::uint8_t rounded(float value) { return std::uint8_t(std::clamp(value + 0.5f, 0.0f, 255.0f)); }

// The end of a footprint that rounding pushed a hair over a whole pixel must not touch the next one.
int touched(double end) { return std::max(1, int(std::ceil(end - 1e-6))); }
} // namespace

AreaReducer::AreaReducer(int outWidth, int outHeight, double step)
    : m_step(step), m_inputWidth(touched(outWidth * step)), m_inputHeight(touched(outHeight * step)), m_reduced(std::size_t(outWidth) * 3),
      m_sum(std::size_t(outWidth) * 3), m_out(outWidth, outHeight) {}

void AreaReducer::addRow(const std::uint8_t* rgb) {
    for (int i = 0; i < m_out.width; ++i) {
        const double begin = i * m_step, end = std::min((i + 1) * m_step, double(m_inputWidth));
        float r = 0, g = 0, b = 0;
        for (int x = int(begin); x < end; ++x) {
            const float weight = float(std::min(end, x + 1.0) - std::max(begin, double(x)));
            r += weight * rgb[x * 3], g += weight * rgb[x * 3 + 1], b += weight * rgb[x * 3 + 2];
        }
        const float norm = float(1 / (end - begin));
        float* out = m_reduced.data() + std::size_t(i) * 3;
        out[0] = r * norm, out[1] = g * norm, out[2] = b * norm;
    }
    // A row belongs to at most two output rows, because the step is larger than 1.
    while (m_outRow < m_out.height) {
        const double begin = m_outRow * m_step, end = std::min((m_outRow + 1) * m_step, double(m_inputHeight));
        const double overlap = std::min(end, m_row + 1.0) - std::max(begin, double(m_row));
        if (overlap > 0) {
            const float weight = float(overlap / (end - begin));
            for (std::size_t k = 0; k < m_sum.size(); ++k) m_sum[k] += weight * m_reduced[k];
        }
        if (end > m_row + 1.0) break;
        finishRow();
    }
    ++m_row;
}

void AreaReducer::finishRow() {
    std::transform(m_sum.begin(), m_sum.end(), m_out.pixel(0, m_outRow), rounded);
    std::fill(m_sum.begin(), m_sum.end(), 0.0f);
    ++m_outRow;
}

Image AreaReducer::take() { return std::move(m_out); }

Image bilinear(const Image& input, double left, double top, int outWidth, int outHeight, double step) {
    Image out(outWidth, outHeight);
    for (int j = 0; j < outHeight; ++j) {
        const double y = std::clamp(top + (j + 0.5) * step - 0.5, 0.0, input.height - 1.0);
        const int y0 = int(y), y1 = std::min(y0 + 1, input.height - 1);
        const float fy = float(y - y0);
        for (int i = 0; i < outWidth; ++i) {
            const double x = std::clamp(left + (i + 0.5) * step - 0.5, 0.0, input.width - 1.0);
            const int x0 = int(x), x1 = std::min(x0 + 1, input.width - 1);
            const float fx = float(x - x0);
            for (int c = 0; c < 3; ++c) {
                const float upper = input.pixel(x0, y0)[c] * (1 - fx) + input.pixel(x1, y0)[c] * fx;
                const float lower = input.pixel(x0, y1)[c] * (1 - fx) + input.pixel(x1, y1)[c] * fx;
                out.pixel(i, j)[c] = rounded(upper * (1 - fy) + lower * fy);
            }
        }
    }
    return out;
}

} // namespace phloxine
