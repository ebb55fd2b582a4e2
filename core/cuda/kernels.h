#pragma once
// The CUDA kernels of the module libphloxine_cuda.so (README.md), as a table of functions that core finds with one dlsym:
//   const auto get = reinterpret_cast<decltype(&phloxineCudaKernels)>(dlsym(module, "phloxineCudaKernels")); // null: built without nvcc
//   const CudaKernels* kernels = get ? get() : nullptr; // to be used if its version is cudaKernelsVersion
// No Torch and no CUDA types. Every pointer is to memory of the device that is current, but where the comment says "host". `stream` is a
// cudaStream_t. Functions put work in the stream and return at once: 0, or the number of a CUDA error (1, cudaErrorInvalidValue: a shape
// that no kernel takes; nothing was started). There are no atomics, and how the work is cut depends on the shape alone: same input, same
// bits, on any GPU of the same architecture.
#include <cstdint>

namespace phloxine {

enum class CudaType : std::int32_t { Float32 = 0, Bfloat16 = 1 };

// Group norm of u = x + add over maps with the channels last, with or without SiLU behind it:
//   mean[i, g], rstd[i, g] = mean and 1 / sqrt(variance + eps) of u[i, :, channels of g]
//   z = (u - mean) rstd weight + bias;   y = silu ? z sigmoid(z) : z
// The sums are float32, the variance is taken about the mean. weight and bias may have another type than the maps.
struct CudaGroupNorm {
    std::int64_t n = 0, positions = 0, channels = 0, groups = 1; // n <= 65535; groups divide channels
    float eps = 1e-5f;
    bool silu = false;
    CudaType type = CudaType::Float32;          // of x, y, dy, dx
    CudaType parameterType = CudaType::Float32; // of weight, bias
    CudaType addType = CudaType::Float32;
    const void* x = nullptr;      // [n, positions, channels]
    const void* add = nullptr;    // [n, channels], or null: nothing is added
    const void* weight = nullptr; // [channels]
    const void* bias = nullptr;   // [channels]
    float* mean = nullptr;        // [n, groups], of u; written forward, read backward
    float* rstd = nullptr;        // [n, groups]; likewise
};

// One tensor of AdamW: what core/train/adamw_kernel.h has as AdamwBlock and NarrowBlock. A row of a table in device memory.
constexpr int cudaMeans = 8; // of the weights, at most
struct CudaAdamwTensor {
    void* master = nullptr;         // [count] of masterType; bfloat16 is rounded at random by `salt` and the element, as on the CPU
    const void* gradient = nullptr; // [count] of gradientType, or null: zero
    void* first = nullptr;          // [count] float32; or codes of 8 bits (int8), where firstScales is not null
    void* second = nullptr;         // [count] float32; or codes of 8 bits (uint8)
    float* firstScales = nullptr;   // [ceil(count / 256)], both or none
    float* secondScales = nullptr;
    float* means[cudaMeans] = {}; // each [count]; CudaAdamwStep::means of them
    std::int64_t count = 0;
    float keep = 1;         // 1 - rate x decay
    std::uint32_t salt = 0; // of tensor and step
    CudaType masterType = CudaType::Float32, gradientType = CudaType::Float32;
};
// A table in device memory cuts the tensors into pieces, one for each block of threads: a tensor of `count` values has the pieces
// index = 0 .. ceil(count / cudaAdamwPiece) - 1, and piece `index` begins at value index x cudaAdamwPiece.
constexpr std::int64_t cudaAdamwPiece = 4096;
struct CudaAdamwPiece {
    std::int32_t tensor = 0, index = 0;
};
struct CudaAdamwStep { // AdamwStep without the scale of the gradients
    float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    float stepSize = 0;    // rate / (1 - beta1^n)
    float secondScale = 1; // 1 / sqrt(1 - beta2^n)
    std::int32_t means = 0;
    float meanShares[cudaMeans] = {}; // 1 - decay of each mean
};

constexpr std::int32_t cudaKernelsVersion = 2; // one more with each change of what stands in this header

struct CudaKernels {
    std::int32_t version = cudaKernelsVersion;

    const char* (*errorText)(int error) = nullptr; // host; stays valid

    // Floats of scratch (any content) that groupNormForward and groupNormBackward need.
    std::int64_t (*groupNormScratch)(std::int64_t n, std::int64_t positions, std::int64_t channels, std::int64_t groups) = nullptr;
    // y: [n, positions, channels]; may be x.
    int (*groupNormForward)(const CudaGroupNorm& norm, void* y, float* scratch, void* stream) = nullptr;
    // From dy [n, positions, channels] the gradients dx [n, positions, channels] (may be dy), dweight and dbias [channels], and of `add`
    // dadd [n, channels]; the last three float32, written, not added to, and null where nobody wants them. With dz = dy y'(z),
    // h = (u - mean) rstd and the means over a sample's group written as < >:
    //   dx = rstd (weight dz - <weight dz> - h <weight dz h>);  dadd = sum of dx over positions
    //   dweight = sum of dz h, dbias = sum of dz, over samples and positions
    int (*groupNormBackward)(const CudaGroupNorm& norm, const void* dy, void* dx, float* dweight, float* dbias, float* dadd, float* scratch,
                             void* stream) = nullptr;

    // x [rows, 2 width], a = x[:, :width], g = x[:, width:]:  y [rows, width] = a gelu(g), gelu(g) = g (1 + erf(g / sqrt 2)) / 2.
    int (*gegluForward)(CudaType type, const void* x, void* y, std::int64_t rows, std::int64_t width, void* stream) = nullptr;
    // dx [rows, 2 width] from x and dy [rows, width]:  da = dy gelu(g), dg = dy a gelu'(g). dx may be x.
    int (*gegluBackward)(CudaType type, const void* x, const void* dy, void* dx, std::int64_t rows, std::int64_t width,
                         void* stream) = nullptr;

    // sum [1] = sum of squares of all gradients in double, by way of partial [pieces]. scale [1] = what clipping to clipNorm leaves of
    // them, min(1, clipNorm / (sqrt(sum) + 1e-6)); 1 where clipNorm is 0; not a number where the sum is not finite. scale may be null.
    int (*sumOfSquares)(const CudaAdamwTensor* tensors, const CudaAdamwPiece* table, std::int64_t pieces, double clipNorm, double* partial,
                        double* sum, float* scale, void* stream) = nullptr;
    // adamwUpdate() of core/train/adamw_kernel.h for all pieces, with the gradients times *scale (null: 1). Where *scale is not finite
    // nothing is changed. `step` is on the host.
    int (*adamw)(const CudaAdamwTensor* tensors, const CudaAdamwPiece* table, std::int64_t pieces, const CudaAdamwStep& step,
                 const float* scale, void* stream) = nullptr;
};

} // namespace phloxine

extern "C" const phloxine::CudaKernels* phloxineCudaKernels(); // of the module; stays valid
