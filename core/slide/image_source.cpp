#include <algorithm>
#include <cmath>
#include <utility>

#include "core/image/ImageFile.h"
#include "core/slide/sources.h"

namespace phloxine {

namespace {

class ImageSource final : public SlideSource {
public:
    ImageSource(std::string name, Image image) {
        m_info.name = std::move(name);
        m_info.vendor = "image";
        m_info.scale = image.scale;
        m_pictures.push_back(std::move(image));
        while (std::max(m_pictures.back().width, m_pictures.back().height) > 1024) {
            const Image& last = m_pictures.back();
            m_pictures.push_back(resized(last, std::max(1, last.width / 2), std::max(1, last.height / 2)));
        }
        const double width = m_pictures.front().width;
        for (const Image& picture : m_pictures) m_info.levels.push_back({picture.width, picture.height, width / picture.width});
    }

    const SlideInfo& info() const override { return m_info; }

    Image read(int level, std::int64_t x, std::int64_t y, int width, int height) override {
        Image image = blankRead(m_info, level, width, height);
        const double downsample = m_info.levels[std::size_t(level)].downsample;
        const Image& picture = m_pictures[std::size_t(level)];
        const std::int64_t left = std::int64_t(std::floor(double(x) / downsample)), top = std::int64_t(std::floor(double(y) / downsample));
        const std::int64_t right = std::min<std::int64_t>(left + width, picture.width),
                           bottom = std::min<std::int64_t>(top + height, picture.height);
        const std::int64_t firstColumn = std::max<std::int64_t>(left, 0);
        if (firstColumn >= right) return image;
        for (std::int64_t row = std::max<std::int64_t>(top, 0); row < bottom; ++row)
            std::copy_n(picture.pixel(int(firstColumn), int(row)), std::size_t(right - firstColumn) * 3,
                        image.pixel(int(firstColumn - left), int(row - top)));
        return image;
    }

private:
    SlideInfo m_info;
    std::vector<Image> m_pictures; // per level
};

} // namespace

std::unique_ptr<SlideSource> openImageFormat(const std::filesystem::path& path) {
    return std::make_unique<ImageSource>(path.filename().string(), readImage(path));
}

} // namespace phloxine
