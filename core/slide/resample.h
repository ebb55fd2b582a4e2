#pragma once
// Internal to core/slide: resampling by a real-valued step, with fractional edges, so that neighbouring regions meet exactly.
#include <vector>

#include "core/image/Image.h"

namespace phloxine {

// Output pixel (i, j) is the mean of the input over [i * step, (i + 1) * step) x [j * step, (j + 1) * step), step > 1. Rows come one by
// one, so that the input never has to be in memory at once.
class AreaReducer {
public:
    AreaReducer(int outWidth, int outHeight, double step);
    int inputWidth() const { return m_inputWidth; } // the pixels that the footprint touches
    int inputHeight() const { return m_inputHeight; }
    void addRow(const std::uint8_t* rgb); // the next row, inputWidth() pixels
    Image take();                         // after inputHeight() rows

private:
    void finishRow();

    double m_step;
    int m_inputWidth, m_inputHeight;
    int m_row = 0, m_outRow = 0;
    std::vector<float> m_reduced, m_sum; // [outWidth, 3]: one input row reduced sideways; the output row in the making
    Image m_out;
};

// Enlarges: output pixel centre (i + 0.5) * step falls on the input at (left + that - 0.5); edges repeat.
Image bilinear(const Image& input, double left, double top, int outWidth, int outHeight, double step);

} // namespace phloxine
