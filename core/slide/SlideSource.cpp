#include "core/slide/SlideSource.h"

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/slide/resample.h"
#include "core/slide/sources.h"

namespace phloxine {

namespace {

constexpr std::int64_t readLimitPixels = 256ll << 20;
constexpr std::int64_t stripLimitPixels = 8ll << 20;
constexpr double sameScale = 1e-6; // relative; a slide of 0.499 and a wish of 0.5 are not the same

std::string sizeText(std::int64_t width, std::int64_t height) { return std::to_string(width) + " x " + std::to_string(height) + " pixels"; }

// Reduces the footprint [x, x + outWidth * step) x [y, y + outHeight * step) of level 0, a strip of rows at a time.
Image reducedRegion(SlideSource& slide, std::int64_t x, std::int64_t y, int outWidth, int outHeight, double step) {
    AreaReducer reducer(outWidth, outHeight, step);
    const int stripHeight = int(std::clamp<std::int64_t>(stripLimitPixels / reducer.inputWidth(), 1, 1024));
    for (int row = 0; row < reducer.inputHeight(); row += stripHeight) {
        const int height = std::min(stripHeight, reducer.inputHeight() - row);
        const Image strip = slide.read(0, x, y + row, reducer.inputWidth(), height);
        for (int i = 0; i < height; ++i) reducer.addRow(strip.pixel(0, i));
    }
    return reducer.take();
}

// One more pixel on each side, so that the interpolation at the rim uses real neighbours.
Image enlargedRegion(SlideSource& slide, std::int64_t x, std::int64_t y, int outWidth, int outHeight, double step) {
    const int width = int(std::ceil(outWidth * step)) + 2, height = int(std::ceil(outHeight * step)) + 2;
    return bilinear(slide.read(0, x - 1, y - 1, width, height), 1, 1, outWidth, outHeight, step);
}

class RescaledSlide final : public SlideSource {
public:
    RescaledSlide(std::unique_ptr<SlideSource> slide, Scale scale) : m_slide(std::move(slide)), m_info(m_slide->info()) {
        m_info.scale = scale;
    }
    const SlideInfo& info() const override { return m_info; }
    Image read(int level, std::int64_t x, std::int64_t y, int width, int height) override {
        return m_slide->read(level, x, y, width, height);
    }
    int unreadableReads() const override { return m_slide->unreadableReads(); }
    std::int64_t hatchedPixels() const override { return m_slide->hatchedPixels(); }
    std::vector<std::uint8_t> iccProfile() override { return m_slide->iccProfile(); }
    std::vector<std::string> associatedImages() override { return m_slide->associatedImages(); }
    Image associatedImage(const std::string& name) override { return m_slide->associatedImage(name); }

private:
    std::unique_ptr<SlideSource> m_slide;
    SlideInfo m_info;
};

} // namespace

Image SlideSource::associatedImage(const std::string& name) {
    throw Error(ErrorCode::NotFound, info().name + " has no picture \"" + name + "\" beside the slide.");
}

std::unique_ptr<SlideSource> withScale(std::unique_ptr<SlideSource> slide, Scale scale) {
    return std::make_unique<RescaledSlide>(std::move(slide), scale);
}

Image emptyRead(const SlideInfo& info, int level, int width, int height) {
    if (level < 0 || level >= int(info.levels.size()))
        throw Error(ErrorCode::WrongUse, info.name + " has no level " + std::to_string(level) + ".");
    if (width < 1 || height < 1) throw Error(ErrorCode::WrongUse, "A region of " + sizeText(width, height) + " is empty.");
    if (std::int64_t(width) * height > readLimitPixels)
        throw Error(ErrorCode::OutOfMemory,
                    "A region of " + sizeText(width, height) + " is too large to be read at once. Choose a smaller one.");
    Image image(width, height);
    if (info.scale.known()) image.scale = {info.scale.micronsPerPixel * info.levels[std::size_t(level)].downsample, info.scale.source};
    return image;
}

Image blankRead(const SlideInfo& info, int level, int width, int height) {
    Image image = emptyRead(info, level, width, height);
    std::fill(image.rgb.begin(), image.rgb.end(), std::uint8_t(255));
    return image;
}

std::unique_ptr<SlideSource> openSlide(const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    const std::string name = path.filename().string();
    if (!std::filesystem::exists(status)) throwFileError(error ? error.value() : ENOENT, "open", path);
    if (!std::filesystem::is_regular_file(status))
        throw Error(ErrorCode::Unsupported, name + " is a folder, not a slide or an image. Choose a file in it.");
    if (auto slide = openSlideFormat(path)) return slide;
    try {
        return openImageFormat(path);
    } catch (const Error& e) {
        if (e.code() != ErrorCode::Unsupported || std::string_view(e.what()).find("too large") != std::string_view::npos) throw;
        throw Error(ErrorCode::Unsupported, name + " is not a slide or an image that Phloxine can read.", e.what());
    }
}

Image readRegion(SlideSource& slide, std::int64_t x, std::int64_t y, int outWidth, int outHeight, double micronsPerPixel) {
    const SlideInfo& info = slide.info();
    if (!info.scale.known())
        throw Error(ErrorCode::WrongUse, info.name + " does not state its scale. Set its micrometres per pixel first.");
    if (!std::isfinite(micronsPerPixel) || micronsPerPixel <= 0)
        throw Error(ErrorCode::WrongUse, "The micrometres per pixel must be a positive number.");
    if (outWidth < 1 || outHeight < 1 || std::int64_t(outWidth) * outHeight > readLimitPixels)
        throw Error(ErrorCode::WrongUse, "A region of " + sizeText(outWidth, outHeight) + " cannot be made. Choose another size.");
    const double step = micronsPerPixel / info.scale.micronsPerPixel; // level-0 pixels per output pixel
    if (std::max(outWidth, outHeight) * step > 1 << 20)
        throw Error(ErrorCode::OutOfMemory,
                    "This region covers more than a million pixels of the slide. Choose a smaller one or the overview.");
    Image image = std::abs(step - 1) < sameScale ? slide.read(0, x, y, outWidth, outHeight)
                  : step > 1                     ? reducedRegion(slide, x, y, outWidth, outHeight, step)
                                                 : enlargedRegion(slide, x, y, outWidth, outHeight, step);
    image.scale = {micronsPerPixel, info.scale.source};
    return image;
}

Image overview(SlideSource& slide, int maxWidth, int maxHeight) {
    if (maxWidth < 1 || maxHeight < 1) throw Error(ErrorCode::WrongUse, "An overview needs a size of at least one pixel.");
    const SlideInfo& info = slide.info();
    const double shrink = std::max({double(info.width()) / maxWidth, double(info.height()) / maxHeight, 1.0});
    const int outWidth = std::max(1, int(std::lround(info.width() / shrink))),
              outHeight = std::max(1, int(std::lround(info.height() / shrink)));
    int best = 0; // the smallest level that is still at least as large as wanted
    for (int i = 0; i < int(info.levels.size()); ++i)
        if (info.levels[std::size_t(i)].width >= outWidth && info.levels[std::size_t(i)].height >= outHeight) best = i;
    const SlideLevel& level = info.levels[std::size_t(best)];
    if (level.width > 1 << 20 || level.height > 1 << 20)
        throw Error(ErrorCode::Unsupported, info.name + " is too large for an overview: it holds no smaller level.");

    // Strips of whole level rows; each gives the output rows that it covers completely.
    Image image(outWidth, outHeight);
    const int rowsAtOnce = int(std::clamp<std::int64_t>(stripLimitPixels * outHeight / (level.width * level.height), 1, outHeight));
    for (int row = 0; row < outHeight; row += rowsAtOnce) {
        const int rows = std::min(rowsAtOnce, outHeight - row);
        const std::int64_t top = level.height * row / outHeight, bottom = std::max(level.height * (row + rows) / outHeight, top + 1);
        const Image strip = slide.read(best, 0, std::llround(double(top) * level.downsample), int(level.width), int(bottom - top));
        paste(image, resized(strip, outWidth, rows), 0, row);
    }
    if (info.scale.known()) image.scale = {info.scale.micronsPerPixel * info.width() / outWidth, info.scale.source};
    return image;
}

} // namespace phloxine
