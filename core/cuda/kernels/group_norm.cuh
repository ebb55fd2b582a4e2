#pragma once
// Group norm of channels-last maps, forward and backward: CudaGroupNorm in core/cuda/kernels.h has the formulas.
//
// The positions of a sample are cut into chunks. A block of 256 threads has one chunk and the channels of one tile: each thread keeps a
// pack of V channels side by side and goes down the rows, so that a row of a tile is 128 bytes of one line. Sums over the rows of a chunk
// go to scratch; a second kernel joins the chunks and the channels of a group, a third one goes over the map again.
#include "core/cuda/kernels/portable.cuh"

namespace phloxine::kernels {

constexpr int normThreads = 256;

template <int V>
struct NormTile {
    static constexpr int columns = V == 1 ? 32 : 8, rows = normThreads / columns, channels = columns * V;
};

struct NormChunks { // of the positions of one sample, none empty
    int count = 1, rows = 1;
};
inline NormChunks normChunks(std::int64_t positions) {
    const std::int64_t wanted = ceilDiv(positions, 64), count = wanted < 256 ? wanted : 256, rows = ceilDiv(positions, count);
    return {int(ceilDiv(positions, rows)), int(rows)};
}

// What one thread has to do: a pack of channels, and every Tile::rows-th row of the chunk.
template <int V>
struct NormPlace {
    std::int64_t sample, channel, begin, end, row; // row: the first of this thread
    bool inside;                                   // else there is no such channel; the thread still takes part in sums

    __device__ NormPlace(const CudaGroupNorm& norm, const NormChunks& chunks) {
        sample = blockIdx.z;
        channel = (std::int64_t(blockIdx.x) * NormTile<V>::columns + threadIdx.x) * V;
        begin = std::int64_t(blockIdx.y) * chunks.rows;
        end = begin + chunks.rows < norm.positions ? begin + chunks.rows : norm.positions;
        row = begin + threadIdx.y;
        inside = channel < norm.channels;
    }
    __device__ std::int64_t at(const CudaGroupNorm& norm, std::int64_t position) const {
        return (sample * norm.positions + position) * norm.channels + channel;
    }
    // Of the sums of one chunk in scratch, [n, chunks, channels].
    __device__ std::int64_t ofChunk(const CudaGroupNorm& norm) const { return (sample * gridDim.y + blockIdx.y) * norm.channels + channel; }
};

// The sum of value[] over the rows of the block, for all threads of a column.
template <int V>
__device__ void sumOverRows(float (&value)[V]) {
    constexpr int columns = NormTile<V>::columns, channels = NormTile<V>::channels, warps = normThreads / 32;
    PHLOXINE_SHARED(float, ofWarp, warps* channels);
    for (int distance = columns; distance < 32; distance *= 2) // rows of the same warp
        for (int v = 0; v < V; ++v) value[v] += __shfl_xor_sync(wholeWarp, value[v], distance);
    const int thread = int(threadIdx.y) * columns + int(threadIdx.x);
    __syncthreads(); // an earlier sum may still be read
    if (thread % 32 < columns)
        for (int v = 0; v < V; ++v) ofWarp[thread / 32 * channels + v * columns + int(threadIdx.x)] = value[v];
    __syncthreads();
    for (int v = 0; v < V; ++v) {
        value[v] = 0;
        for (int warp = 0; warp < warps; ++warp) value[v] += ofWarp[warp * channels + v * columns + int(threadIdx.x)];
    }
}

// Mean of each channel over a chunk and sum of squares about it, by two passes; the second one finds the chunk in the cache.
// Grid: tiles, chunks, n.
template <typename T, int V>
__global__ void __launch_bounds__(normThreads) chunkStatistics(CudaGroupNorm norm, NormChunks chunks, float* means, float* squares) {
    const NormPlace<V> place(norm, chunks);
    const T* x = static_cast<const T*>(norm.x);
    float mean[V] = {}, square[V] = {};
    if (place.inside)
        for (std::int64_t row = place.row; row < place.end; row += NormTile<V>::rows) {
            const auto pack = loadPack<V>(x + place.at(norm, row));
            for (int v = 0; v < V; ++v) mean[v] += wide(pack.value[v]);
        }
    sumOverRows(mean);
    for (int v = 0; v < V; ++v) mean[v] /= float(place.end - place.begin);
    if (place.inside)
        for (std::int64_t row = place.row; row < place.end; row += NormTile<V>::rows) {
            const auto pack = loadPack<V>(x + place.at(norm, row));
            for (int v = 0; v < V; ++v) {
                const float away = wide(pack.value[v]) - mean[v];
                square[v] += away * away;
            }
        }
    sumOverRows(square);
    if (!place.inside || threadIdx.y != 0) return;
    for (int v = 0; v < V; ++v) {
        const float add = norm.add ? loadAs(norm.addType, norm.add, place.sample * norm.channels + place.channel + v) : 0;
        means[place.ofChunk(norm) + v] = mean[v] + add; // which moves the mean and leaves the squares as they are
        squares[place.ofChunk(norm) + v] = square[v];
    }
}

// Joins the channels and chunks of a group (Chan et al. 1979). Grid: groups, n.
__global__ static void __launch_bounds__(normThreads)
    groupStatistics(CudaGroupNorm norm, NormChunks chunks, const float* means, const float* squares) {
    const int each = int(norm.channels / norm.groups), group = int(blockIdx.x);
    const std::int64_t sample = blockIdx.y, start = sample * chunks.count * norm.channels + std::int64_t(group) * each;
    const float count = float(norm.positions) * float(each);
    const float pivot = means[start]; // sums about one of the means lose no digits to a large common one
    float sum = 0;
    for (int i = int(threadIdx.x); i < each * chunks.count; i += normThreads) {
        const std::int64_t chunk = i / each, at = start + chunk * norm.channels + i % each, left = norm.positions - chunk * chunks.rows;
        sum += float(left < chunks.rows ? left : chunks.rows) * (means[at] - pivot);
    }
    const float mean = pivot + blockSum(sum) / count;
    float rest = 0;
    for (int i = int(threadIdx.x); i < each * chunks.count; i += normThreads) {
        const std::int64_t chunk = i / each, at = start + chunk * norm.channels + i % each, left = norm.positions - chunk * chunks.rows;
        const float away = means[at] - mean;
        rest += squares[at] + float(left < chunks.rows ? left : chunks.rows) * away * away;
    }
    const float variance = blockSum(rest) / count;
    if (threadIdx.x != 0) return;
    norm.mean[sample * norm.groups + group] = mean;
    norm.rstd[sample * norm.groups + group] = 1 / sqrtf(variance + norm.eps);
}

// Of one pack of channels: h = (x - centre) rstd, z = h weight + bias.
template <int V>
struct NormChannels {
    float centre[V], rstd[V], weight[V], bias[V];

    __device__ NormChannels(const CudaGroupNorm& norm, const NormPlace<V>& place) {
        const std::int64_t each = norm.channels / norm.groups;
        for (int v = 0; v < V; ++v) {
            const std::int64_t channel = place.channel + v, group = place.sample * norm.groups + channel / each;
            centre[v] = norm.mean[group] - (norm.add ? loadAs(norm.addType, norm.add, place.sample * norm.channels + channel) : 0);
            rstd[v] = norm.rstd[group];
            weight[v] = loadAs(norm.parameterType, norm.weight, channel), bias[v] = loadAs(norm.parameterType, norm.bias, channel);
        }
    }
};

__device__ inline float sigmoid(float x) { return 1 / (1 + expf(-x)); }

// The map itself. Grid: tiles, chunks, n.
template <typename T, int V>
__global__ void __launch_bounds__(normThreads) normalise(CudaGroupNorm norm, NormChunks chunks, T* y) {
    const NormPlace<V> place(norm, chunks);
    if (!place.inside) return;
    const NormChannels<V> channels(norm, place);
    for (std::int64_t row = place.row; row < place.end; row += NormTile<V>::rows) {
        auto pack = loadPack<V>(static_cast<const T*>(norm.x) + place.at(norm, row));
        for (int v = 0; v < V; ++v) {
            const float z = (wide(pack.value[v]) - channels.centre[v]) * channels.rstd[v] * channels.weight[v] + channels.bias[v];
            store(norm.silu ? z * sigmoid(z) : z, pack.value[v]);
        }
        storePack(pack, y + place.at(norm, row));
    }
}

// dz = dy y'(z).
__device__ inline float beforeSilu(const CudaGroupNorm& norm, float dy, float z) {
    if (!norm.silu) return dy;
    const float s = sigmoid(z);
    return dy * s * (1 + z * (1 - s));
}

// Scratch of the backward pass: sums of dz, of dz h and of h, over the positions of each chunk, [3][n, chunks, channels]; the same over all
// positions, [3][n, channels]; <weight dz> and <weight dz h>, [2][n, groups].
struct NormSums {
    float *chunk, *channel, *group;
    std::int64_t chunkSize, channelSize, groupSize; // of one of the three, three, two
};

// Grid: tiles, chunks, n.
template <typename T, int V>
__global__ void __launch_bounds__(normThreads) chunkGradients(CudaGroupNorm norm, NormChunks chunks, const T* dy, NormSums sums) {
    const NormPlace<V> place(norm, chunks);
    float one[V] = {}, two[V] = {}, three[V] = {};
    if (place.inside) {
        const NormChannels<V> channels(norm, place);
        for (std::int64_t row = place.row; row < place.end; row += NormTile<V>::rows) {
            const auto x = loadPack<V>(static_cast<const T*>(norm.x) + place.at(norm, row)), given = loadPack<V>(dy + place.at(norm, row));
            for (int v = 0; v < V; ++v) {
                const float h = (wide(x.value[v]) - channels.centre[v]) * channels.rstd[v];
                const float dz = beforeSilu(norm, wide(given.value[v]), h * channels.weight[v] + channels.bias[v]);
                one[v] += dz, two[v] += dz * h, three[v] += h;
            }
        }
    }
    sumOverRows(one), sumOverRows(two), sumOverRows(three);
    if (!place.inside || threadIdx.y != 0) return;
    for (int v = 0; v < V; ++v) {
        float* to = sums.chunk + place.ofChunk(norm) + v;
        to[0] = one[v], to[sums.chunkSize] = two[v], to[2 * sums.chunkSize] = three[v];
    }
}

// Joins the chunks, a warp for each channel of the group, and then the channels. Grid: groups, n.
__global__ static void __launch_bounds__(normThreads) groupGradients(CudaGroupNorm norm, NormChunks chunks, NormSums sums, float* dadd) {
    const std::int64_t each = norm.channels / norm.groups, sample = blockIdx.y, first = std::int64_t(blockIdx.x) * each;
    const int lane = int(threadIdx.x) % 32;
    float one = 0, two = 0; // in lane 0: sums of weight dz and weight dz h of the channels of this warp
    for (std::int64_t channel = first + threadIdx.x / 32; channel < first + each; channel += normThreads / 32) {
        float sum[3] = {};
        for (int chunk = lane; chunk < chunks.count; chunk += 32)
            for (int k = 0; k < 3; ++k)
                sum[k] += sums.chunk[k * sums.chunkSize + (sample * chunks.count + chunk) * norm.channels + channel];
        for (int k = 0; k < 3; ++k) sum[k] = warpSum(sum[k]);
        if (lane != 0) continue;
        for (int k = 0; k < 3; ++k) sums.channel[k * sums.channelSize + sample * norm.channels + channel] = sum[k];
        const float weight = loadAs(norm.parameterType, norm.weight, channel);
        one += weight * sum[0], two += weight * sum[1];
    }
    const float count = float(norm.positions) * float(each);
    one = blockSum(one) / count, two = blockSum(two) / count; // and what other warps wrote to sums.channel can now be read
    const std::int64_t group = sample * norm.groups + blockIdx.x;
    if (threadIdx.x == 0) sums.group[group] = one, sums.group[sums.groupSize + group] = two;
    if (!dadd) return;
    for (std::int64_t channel = first + threadIdx.x; channel < first + each; channel += normThreads) {
        const std::int64_t at = sample * norm.channels + channel;
        const float dz = sums.channel[at], h = sums.channel[2 * sums.channelSize + at];
        dadd[at] = norm.rstd[group] * (loadAs(norm.parameterType, norm.weight, channel) * dz - float(norm.positions) * one - h * two);
    }
}

// Grid: tiles, chunks, n.
template <typename T, int V>
__global__ void __launch_bounds__(normThreads) inputGradient(CudaGroupNorm norm, NormChunks chunks, const T* dy, NormSums sums, T* dx) {
    const NormPlace<V> place(norm, chunks);
    if (!place.inside) return;
    const NormChannels<V> channels(norm, place);
    float one[V], two[V];
    for (int v = 0; v < V; ++v) {
        const std::int64_t group = place.sample * norm.groups + (place.channel + v) / (norm.channels / norm.groups);
        one[v] = sums.group[group], two[v] = sums.group[sums.groupSize + group];
    }
    for (std::int64_t row = place.row; row < place.end; row += NormTile<V>::rows) {
        const auto x = loadPack<V>(static_cast<const T*>(norm.x) + place.at(norm, row));
        auto pack = loadPack<V>(dy + place.at(norm, row));
        for (int v = 0; v < V; ++v) {
            const float h = (wide(x.value[v]) - channels.centre[v]) * channels.rstd[v];
            const float dz = beforeSilu(norm, wide(pack.value[v]), h * channels.weight[v] + channels.bias[v]);
            store(channels.rstd[v] * (channels.weight[v] * dz - one[v] - h * two[v]), pack.value[v]);
        }
        storePack(pack, dx + place.at(norm, row));
    }
}

// Over the samples. Grid: channels in blocks of normThreads.
__global__ static void __launch_bounds__(normThreads) parameterGradients(CudaGroupNorm norm, NormSums sums, float* dweight, float* dbias) {
    const std::int64_t channel = std::int64_t(blockIdx.x) * normThreads + threadIdx.x;
    if (channel >= norm.channels) return;
    float one = 0, two = 0;
    for (std::int64_t sample = 0; sample < norm.n; ++sample) {
        one += sums.channel[sample * norm.channels + channel];
        two += sums.channel[sums.channelSize + sample * norm.channels + channel];
    }
    if (dbias) dbias[channel] = one;
    if (dweight) dweight[channel] = two;
}

inline bool canNorm(const CudaGroupNorm& s) {
    return s.n > 0 && s.n <= 65535 && s.positions > 0 && s.positions <= std::int64_t(1) << 32 && s.channels > 0 && s.channels <= 1 << 20 &&
           s.groups > 0 && s.channels % s.groups == 0;
}

inline NormSums normSums(const CudaGroupNorm& norm, float* scratch) {
    NormSums sums{};
    sums.chunkSize = norm.n * normChunks(norm.positions).count * norm.channels;
    sums.channelSize = norm.n * norm.channels, sums.groupSize = norm.n * norm.groups;
    sums.chunk = scratch, sums.channel = sums.chunk + 3 * sums.chunkSize, sums.group = sums.channel + 3 * sums.channelSize;
    return sums;
}

inline std::int64_t groupNormScratch(std::int64_t n, std::int64_t positions, std::int64_t channels, std::int64_t groups) {
    return 3 * n * channels * (normChunks(positions).count + 1) + 2 * n * groups;
}

template <int V>
dim3 normGrid(const CudaGroupNorm& norm) {
    return dim3(unsigned(ceilDiv(norm.channels, NormTile<V>::channels)), unsigned(normChunks(norm.positions).count), unsigned(norm.n));
}
template <int V>
dim3 normBlock() {
    return dim3(NormTile<V>::columns, NormTile<V>::rows);
}
inline dim3 groupGrid(const CudaGroupNorm& norm) { return dim3(unsigned(norm.groups), unsigned(norm.n)); }

template <typename T, int V>
int forwardOf(const CudaGroupNorm& norm, T* y, float* scratch, void* stream) {
    const auto chunks = normChunks(norm.positions);
    float *means = scratch, *squares = scratch + norm.n * chunks.count * norm.channels;
    if (const int error = launch(chunkStatistics<T, V>, normGrid<V>(norm), normBlock<V>(), stream, norm, chunks, means, squares))
        return error;
    if (const int error = launch(groupStatistics, groupGrid(norm), dim3(normThreads), stream, norm, chunks, means, squares)) return error;
    return launch(normalise<T, V>, normGrid<V>(norm), normBlock<V>(), stream, norm, chunks, y);
}

template <typename T, int V>
int backwardOf(const CudaGroupNorm& norm, const T* dy, T* dx, float* dweight, float* dbias, float* dadd, float* scratch, void* stream) {
    const auto chunks = normChunks(norm.positions);
    const auto sums = normSums(norm, scratch);
    if (const int error = launch(chunkGradients<T, V>, normGrid<V>(norm), normBlock<V>(), stream, norm, chunks, dy, sums)) return error;
    if (const int error = launch(groupGradients, groupGrid(norm), dim3(normThreads), stream, norm, chunks, sums, dadd)) return error;
    if (const int error = launch(inputGradient<T, V>, normGrid<V>(norm), normBlock<V>(), stream, norm, chunks, dy, sums, dx)) return error;
    if (!dweight && !dbias) return 0;
    const dim3 grid(unsigned(ceilDiv(norm.channels, normThreads)));
    return launch(parameterGradients, grid, dim3(normThreads), stream, norm, sums, dweight, dbias);
}

template <typename T>
int forwardOfType(const CudaGroupNorm& norm, void* y, float* scratch, void* stream) {
    auto* to = static_cast<T*>(y);
    return canPack<T>(norm.channels, norm.x, y) ? forwardOf<T, packSize<T>>(norm, to, scratch, stream)
                                                : forwardOf<T, 1>(norm, to, scratch, stream);
}
inline int groupNormForward(const CudaGroupNorm& norm, void* y, float* scratch, void* stream) {
    if (!canNorm(norm)) return invalid;
    return norm.type == CudaType::Float32 ? forwardOfType<float>(norm, y, scratch, stream) : forwardOfType<Bf16>(norm, y, scratch, stream);
}

template <typename T>
int backwardOfType(const CudaGroupNorm& norm, const void* dy, void* dx, float* dweight, float* dbias, float* dadd, float* scratch,
                   void* stream) {
    const auto* from = static_cast<const T*>(dy);
    auto* to = static_cast<T*>(dx);
    return canPack<T>(norm.channels, norm.x, dy, dx) ? backwardOf<T, packSize<T>>(norm, from, to, dweight, dbias, dadd, scratch, stream)
                                                     : backwardOf<T, 1>(norm, from, to, dweight, dbias, dadd, scratch, stream);
}
inline int groupNormBackward(const CudaGroupNorm& norm, const void* dy, void* dx, float* dweight, float* dbias, float* dadd, float* scratch,
                             void* stream) {
    if (!canNorm(norm)) return invalid;
    return norm.type == CudaType::Float32 ? backwardOfType<float>(norm, dy, dx, dweight, dbias, dadd, scratch, stream)
                                          : backwardOfType<Bf16>(norm, dy, dx, dweight, dbias, dadd, scratch, stream);
}

} // namespace phloxine::kernels
