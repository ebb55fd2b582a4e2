#pragma once
// Fills a ReconstructionReport, one tile after another.
#include <set>

#include "core/image/Image.h"
#include "core/nn/autoencoder_blocks.h"
#include "core/train/reconstruction.h"

namespace phloxine {

class ReconstructionMeter {
public:
    // before: what the training began with, or null. Both must stay, and lie on the device.
    ReconstructionMeter(const nn::Autoencoder& trained, std::unique_ptr<nn::Autoencoder> before, at::Device device = at::kCPU);
    void add(const std::string& name, const Image& tile);
    void writeTo(ReconstructionReport& report) const; // all but heldOut

private:
    struct Sum {
        ReconstructionReport::Figures figures;
        void add(const Image& tile, const Image& made);
    };
    const nn::Autoencoder& m_trained;
    std::unique_ptr<nn::Autoencoder> m_before;
    at::Device m_device;
    Sum m_trainedSum, m_beforeSum;
    ReconstructionReport m_report;
    std::set<std::int64_t> m_codes;
    double m_energy = 0, m_lines = 0;
};

} // namespace phloxine
