#include "core/measure/learning/tile_data.h"

#include <algorithm>
#include <set>

#include "core/base/Error.h"

namespace phloxine {

namespace {

at::Tensor bytesOf(const Image& image, int sizePx) {
    const Image small = image.width == sizePx && image.height == sizePx ? image : resized(image, sizePx, sizePx);
    auto* pixels = const_cast<std::uint8_t*>(small.rgb.data());
    return at::from_blob(pixels, {sizePx, sizePx, 3}, at::kByte).permute({2, 0, 1}).contiguous();
}

} // namespace

at::Tensor bytesOf(const std::vector<Image>& images, int sizePx) {
    auto all = at::empty({std::int64_t(images.size()), 3, sizePx, sizePx}, at::kByte);
    for (std::size_t i = 0; i < images.size(); ++i) {
        if (images[i].empty()) throw Error(ErrorCode::WrongUse, "One of the tiles is empty.");
        all.select(0, std::int64_t(i)).copy_(bytesOf(images[i], sizePx));
    }
    return all;
}

std::vector<std::string> classNamesOf(const TileSet& set) {
    std::set<std::string> names;
    for (const auto& tile : set.tiles) names.insert(tile.className);
    if (names.count(""))
        throw Error(ErrorCode::WrongUse, "The set \"" + set.name + "\" has tiles without a class; put them into one folder per class.");
    return {names.begin(), names.end()};
}

TileData tileDataOf(TileSet& set, const std::vector<std::string>& classNames, int sizePx, const ProgressHook& progress) {
    const auto total = std::max<std::size_t>(set.tiles.size(), 1);
    auto pixels = at::empty({std::int64_t(set.tiles.size()), 3, sizePx, sizePx}, at::kByte);
    TileData data;
    data.classes = int(classNames.size());
    forEachTile(set, [&](const TileEntry& tile, const Image& image) {
        if (progress && data.tiles() % 16 == 0) progress({"Reading " + set.name, double(data.labels.size()) / double(total)});
        const auto found = std::find(classNames.begin(), classNames.end(), tile.className);
        if (found == classNames.end())
            throw Error(ErrorCode::WrongUse,
                        "The set \"" + set.name + "\" has the class \"" + tile.className + "\", which the other set lacks.");
        pixels.select(0, data.tiles()).copy_(bytesOf(image, sizePx));
        data.labels.push_back(int(found - classNames.begin()));
    });
    data.pixels = pixels.narrow(0, 0, data.tiles()).clone();
    data.groups = groupNumbers(set.tiles);
    return data;
}

} // namespace phloxine
