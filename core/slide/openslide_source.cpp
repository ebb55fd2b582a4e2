#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>
#include <tuple>

#include <opencv2/imgproc.hpp>
#include <openslide.h>

#include "core/base/Error.h"
#include "core/base/Log.h"
#include "core/image/opencv_threads.h"
#include "core/slide/sources.h"

// OpenSlide 4.0 calls that the header of 3.4.1 does not declare.
extern "C" {
typedef struct _openslide_cache openslide_cache_t;
openslide_cache_t* openslide_cache_create(size_t bytes);
void openslide_set_cache(openslide_t* slide, openslide_cache_t* cache);
int64_t openslide_get_icc_profile_size(openslide_t* slide);
void openslide_read_icc_profile(openslide_t* slide, void* bytes);
}

namespace phloxine {

double positiveNumber(const char* text) {
    if (!text) return 0;
    while (*text == ' ') ++text;
    double value = 0;
    const auto [end, problem] = std::from_chars(text, text + std::strlen(text), value);
    return problem == std::errc() && std::isfinite(value) && value > 0 ? value : 0;
}

namespace {

struct Close {
    void operator()(openslide_t* slide) const { openslide_close(slide); }
};
using Handle = std::unique_ptr<openslide_t, Close>;

// One cache for all handles of the process, so that several viewer threads do not each hold their own; OpenSlide counts its users.
openslide_cache_t* sharedCache() {
    static openslide_cache_t* const cache = openslide_cache_create(128u << 20);
    return cache;
}

constexpr std::int64_t largestProfile = 16 << 20, largestPicture = 8192; // bytes; pixels a side of a picture beside the slide

double property(openslide_t* slide, const std::string& name) { return positiveNumber(openslide_get_property_value(slide, name.c_str())); }

// What a microscope can give; a generic TIFF often states the resolution of a printer.
bool plausible(double microns) { return microns >= 0.02 && microns <= 100; }

Scale scaleOf(openslide_t* slide, const std::string& vendor, double objectivePower) {
    const double x = property(slide, OPENSLIDE_PROPERTY_NAME_MPP_X), y = property(slide, OPENSLIDE_PROPERTY_NAME_MPP_Y);
    const double mean = x > 0 && y > 0 ? (x + y) / 2 : std::max(x, y);
    const bool square = !(x > 0 && y > 0) || std::abs(x - y) < 0.01 * mean;
    if (plausible(mean) && square) return {mean, vendor == "generic-tiff" ? ScaleSource::Tags : ScaleSource::Property};
    if (!square) logWarning("The pixels of this slide are not square: its scale is not used.");
    if (square && plausible(10 / std::max(objectivePower, 1e-9))) return {10 / objectivePower, ScaleSource::Assumed}; // 40x is about 0.25
    return {};
}

SlideInfo infoOf(openslide_t* slide, const std::filesystem::path& path, const std::string& vendor) {
    SlideInfo info;
    info.name = path.filename().string();
    info.vendor = vendor;
    const int count = openslide_get_level_count(slide);
    for (int i = 0; i < count; ++i) {
        SlideLevel level;
        openslide_get_level_dimensions(slide, i, &level.width, &level.height);
        level.downsample = openslide_get_level_downsample(slide, i);
        if (level.width < 1 || level.height < 1 || !(level.downsample > 0)) break;
        info.levels.push_back(level);
    }
    info.objectivePower = property(slide, OPENSLIDE_PROPERTY_NAME_OBJECTIVE_POWER);
    info.scale = scaleOf(slide, vendor, info.objectivePower);
    return info;
}

// `width` x `height` of OpenSlide's pixels, colours multiplied by alpha, on a white ground from `out` on, where a row has `stride` bytes.
void putOnWhite(std::vector<std::uint32_t>& in, int width, int height, std::uint8_t* out, std::size_t stride) {
    std::uint32_t together = ~0u;
    for (const std::uint32_t pixel : in) together &= pixel;
    if (together >> 24 == 255) { // nearly always
        cv::Mat rgb(height, width, CV_8UC3, out, stride);
        cv::cvtColor(cv::Mat(height, width, CV_8UC4, in.data()), rgb, cv::COLOR_BGRA2RGB);
        return;
    }
    for (std::size_t i = 0; i < in.size(); ++i) {
        const unsigned white = 255 - (in[i] >> 24);
        std::uint8_t* to = out + i / std::size_t(width) * stride + i % std::size_t(width) * 3;
        for (int c = 0; c < 3; ++c) to[c] = std::uint8_t(std::min(255u, ((in[i] >> (16 - 8 * c)) & 255) + white));
    }
}

struct Block {
    int level;
    std::int64_t column, row;
    auto operator<=>(const Block&) const = default;
};

class OpenSlideSource final : public SlideSource {
public:
    OpenSlideSource(std::filesystem::path path, std::string vendor, Handle handle)
        : m_path(std::move(path)), m_handle(std::move(handle)), m_info(infoOf(m_handle.get(), m_path, vendor)) {
        for (std::size_t i = 0; i < m_info.levels.size(); ++i) {
            const std::string prefix = "openslide.level[" + std::to_string(i) + "].tile-";
            const auto side = [&](const char* name) {
                const double pixels = property(m_handle.get(), prefix + name);
                return pixels >= 64 && pixels <= 4096 ? int(pixels) : 256;
            };
            m_blocks.push_back({side("width"), side("height")});
        }
    }

    const SlideInfo& info() const override { return m_info; }
    int unreadableReads() const override { return m_unreadable; }
    std::int64_t hatchedPixels() const override { return m_hatched; }

    std::vector<std::uint8_t> iccProfile() override {
        ensureOpen();
        const std::int64_t size = openslide_get_icc_profile_size(m_handle.get());
        if (size <= 0 || size > largestProfile) return {};
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
        openslide_read_icc_profile(m_handle.get(), bytes.data());
        if (!openslide_get_error(m_handle.get())) return bytes;
        m_handle.reset(); // its error is for good
        return {};
    }

    Image read(int level, std::int64_t x, std::int64_t y, int width, int height) override {
        Image image = emptyRead(m_info, level, width, height); // OpenSlide fills it, with white beside the slide
        const double downsample = m_info.levels[std::size_t(level)].downsample;
        const std::int64_t left = std::int64_t(std::floor(double(x) / downsample)), top = std::int64_t(std::floor(double(y) / downsample));
        // In bands, so that OpenSlide's 32-bit pixels never need a second copy of a large region.
        const int band = std::max(1, (4 << 20) / width);
        for (int row = 0; row < height; row += band) {
            const Part part = {level, 0, row, width, std::min(band, height - row)};
            if (!touchesBadBlock(part, left, top) && readPart(image, part, x, y, downsample)) continue;
            readByBlocks(image, part, x, y, left, top, downsample);
        }
        return image;
    }

    std::vector<std::string> associatedImages() override {
        ensureOpen();
        std::vector<std::string> names;
        for (const char* const* name = openslide_get_associated_image_names(m_handle.get()); name && *name; ++name)
            names.emplace_back(*name);
        return names;
    }

    Image associatedImage(const std::string& name) override {
        ensureOpen();
        std::int64_t width = -1, height = -1;
        openslide_get_associated_image_dimensions(m_handle.get(), name.c_str(), &width, &height);
        if (width < 0) return SlideSource::associatedImage(name);
        const auto broken = [&] {
            return Error(ErrorCode::Corrupt,
                         "The picture \"" + name + "\" of " + m_info.name + " cannot be read; the slide itself can be used.");
        };
        if (width < 1 || height < 1 || width > largestPicture || height > largestPicture) throw broken();
        Image image(static_cast<int>(width), static_cast<int>(height));
        m_argb.resize(std::size_t(width) * std::size_t(height));
        openslide_read_associated_image(m_handle.get(), name.c_str(), m_argb.data());
        if (openslide_get_error(m_handle.get())) {
            m_handle.reset(); // its error is for good
            throw broken();
        }
        putOnWhite(m_argb, image.width, image.height, image.rgb.data(), std::size_t(image.width) * 3);
        return image;
    }

private:
    struct Part {
        int level, column, row, width, height; // of the picture being read
    };
    struct BlockSize {
        int width, height;
    };

    static std::int64_t blockOf(std::int64_t pixel, int size) { return pixel >= 0 ? pixel / size : -((size - 1 - pixel) / size); }

    bool touchesBadBlock(const Part& p, std::int64_t left, std::int64_t top) const {
        const auto [w, h] = m_blocks[std::size_t(p.level)];
        return std::any_of(m_bad.begin(), m_bad.end(), [&, w = w, h = h](const Block& b) {
            return b.level == p.level && b.column >= blockOf(left + p.column, w) && b.column <= blockOf(left + p.column + p.width - 1, w) &&
                   b.row >= blockOf(top + p.row, h) && b.row <= blockOf(top + p.row + p.height - 1, h);
        });
    }

    // False when OpenSlide failed. Its error is for good, so the handle goes.
    bool readPart(Image& image, const Part& p, std::int64_t x, std::int64_t y, double downsample) {
        ensureOpen();
        m_argb.resize(std::size_t(p.width) * p.height);
        openslide_read_region(m_handle.get(), m_argb.data(), x + std::llround(p.column * downsample), y + std::llround(p.row * downsample),
                              p.level, p.width, p.height);
        if (const char* problem = openslide_get_error(m_handle.get())) {
            m_problem = problem;
            m_handle.reset();
            return false;
        }
        putOnWhite(m_argb, p.width, p.height, image.pixel(p.column, p.row), std::size_t(image.width) * 3);
        return true;
    }

    // Finds out which tiles are bad, and reads the others.
    void readByBlocks(Image& image, const Part& whole, std::int64_t x, std::int64_t y, std::int64_t left, std::int64_t top,
                      double downsample) {
        const auto [w, h] = m_blocks[std::size_t(whole.level)];
        for (int row = whole.row; row < whole.row + whole.height;) {
            const std::int64_t blockRow = blockOf(top + row, h);
            const int rowEnd = int(std::min<std::int64_t>((blockRow + 1) * h - top, whole.row + whole.height));
            for (int column = whole.column; column < whole.column + whole.width;) {
                const std::int64_t blockColumn = blockOf(left + column, w);
                const int columnEnd = int(std::min<std::int64_t>((blockColumn + 1) * w - left, whole.column + whole.width));
                const Part part = {whole.level, column, row, columnEnd - column, rowEnd - row};
                const Block block = {whole.level, blockColumn, blockRow};
                if (m_bad.contains(block) || !readPart(image, part, x, y, downsample)) markUnreadable(image, part, block);
                column = columnEnd;
            }
            row = rowEnd;
        }
    }

    void markUnreadable(Image& image, const Part& p, const Block& block) {
        if (m_bad.insert(block).second) {
            ensureOpen(); // tells a slide that is gone from one with a bad tile
            ++m_unreadable;
            logWarning("A tile of " + m_info.name + " cannot be read and is shown hatched: " + m_problem);
        }
        m_hatched += std::int64_t(p.width) * p.height;
        for (int row = 0; row < p.height; ++row)
            for (int i = 0; i < p.width; ++i) {
                const std::uint8_t grey = (p.column + i + p.row + row) % 16 < 4 ? 190 : 225;
                std::fill_n(image.pixel(p.column + i, p.row + row), 3, grey);
            }
    }

    bool isSameSlide() const { // another one may lie at its place by now
        std::int64_t width = 0, height = 0;
        openslide_get_level0_dimensions(m_handle.get(), &width, &height);
        return width == m_info.width() && height == m_info.height() &&
               openslide_get_level_count(m_handle.get()) >= int(m_info.levels.size());
    }

    void ensureOpen() {
        if (m_handle) return;
        const auto gone = [&] {
            return Error(ErrorCode::NotFound,
                         m_info.name + " is no longer there: it was deleted, moved or its disk was removed. Open it again.", m_problem);
        };
        std::error_code error;
        if (!std::filesystem::exists(m_path, error)) {
            m_bad.clear(); // nothing of this was the tiles' fault
            throw gone();
        }
        m_handle.reset(openslide_open(m_path.c_str()));
        if (m_handle && !openslide_get_error(m_handle.get()) && isSameSlide()) {
            openslide_set_cache(m_handle.get(), sharedCache());
            return;
        }
        m_handle.reset();
        throw gone();
    }

    std::filesystem::path m_path;
    Handle m_handle; // empty after an error, until the next read
    SlideInfo m_info;
    std::vector<BlockSize> m_blocks; // the file's own tiles, per level
    std::set<Block> m_bad;
    int m_unreadable = 0;
    std::int64_t m_hatched = 0;
    std::string m_problem;
    std::vector<std::uint32_t> m_argb;
};

} // namespace

std::unique_ptr<SlideSource> openSlideFormat(const std::filesystem::path& path) {
    const char* vendor = openslide_detect_vendor(path.c_str());
    if (!vendor) return nullptr;
    const std::string name = path.filename().string();
    Handle handle(openslide_open(path.c_str()));
    const char* problem = handle ? openslide_get_error(handle.get()) : "unknown";
    if (problem)
        throw Error(ErrorCode::Corrupt, name + " looks like a slide (" + vendor + ") but cannot be opened. The file may be damaged.",
                    problem);
    openslide_set_cache(handle.get(), sharedCache());
    keepOpenCvOnThisThread();
    auto slide = std::make_unique<OpenSlideSource>(path, vendor, std::move(handle));
    if (slide->info().levels.empty()) throw Error(ErrorCode::Corrupt, name + " is a slide without a picture. The file may be damaged.");
    return slide;
}

} // namespace phloxine
