#pragma once
// Tiles of a set as tensors to train on.
#include "core/base/Progress.h"
#include "core/image/Image.h"
#include "core/measure/TileSet.h"
#include "core/measure/learning/train_tile_net.h"

namespace phloxine {

// Pixels reduced by area to [n, 3, sizePx, sizePx] bytes; labels are places in `classNames`. Tiles that cannot be read leave `set.tiles`
// and become its faults. Error(WrongUse) when a tile's class is not among the names.
TileData tileDataOf(TileSet& set, const std::vector<std::string>& classNames, int sizePx, const ProgressHook& progress = {});

std::vector<std::string> classNamesOf(const TileSet& set);        // sorted; Error(WrongUse) when tiles have no class
at::Tensor bytesOf(const std::vector<Image>& images, int sizePx); // [n, 3, sizePx, sizePx]

} // namespace phloxine
