#include "core/region/cut_tiles.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Sha256.h"
#include "core/image/ImageFile.h"
#include "core/region/region_files.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

// Fit for a folder or file on any system.
std::string safeName(const std::string& name) {
    std::string safe;
    for (const char c : name.substr(0, 150)) safe += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' ? c : '_';
    if (safe.empty() || safe[0] == '.') safe.insert(safe.begin(), '_');
    return safe;
}

std::string textOf(const Json& json, int indent = -1) { return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n"; }

struct Work { // a slide that gives tiles
    CutSlide files;
    std::string name, stem, group;
    std::optional<std::vector<Region>> regions;
    Scale scale; // of the slide
    SlidePlan plan;
};

std::unique_ptr<SlideSource> open(const CutSlide& files, const CutRequest& request) {
    auto slide = openSlide(files.file);
    if (!slide->info().scale.known() && request.assumedMicronsPerPixel > 0)
        slide = withScale(std::move(slide), {request.assumedMicronsPerPixel, ScaleSource::Assumed});
    return slide;
}

Work lookAt(const CutSlide& files, const CutRequest& request, CutResult& result) {
    Work work{files, plainText(files.file.filename().string()), safeName(files.file.stem().string()), {}, {}, {}, {}};
    work.group = groupOf(files.file.filename().string(), request.groupPattern);
    if (!files.regions.empty()) {
        auto read = readRegions(files.regions);
        for (const auto& notice : read.notices) result.notices.push_back(files.regions.filename().string() + ": " + notice);
        work.regions = std::move(read.regions);
    }
    const auto slide = open(files, request);
    work.scale = slide->info().scale;
    work.plan = planTiles(*slide, work.regions ? &*work.regions : nullptr, request);
    for (const auto& notice : work.plan.notices) result.notices.push_back(work.name + ": " + notice);
    return work;
}

void add(CutCounts& sum, const CutCounts& more) {
    sum.outsideRegions += more.outsideRegions, sum.twoClasses += more.twoClasses, sum.littleTissue += more.littleTissue;
    sum.beyondPerSlide += more.beyondPerSlide, sum.unreadable += more.unreadable;
}

std::vector<Work> lookAtAll(const SlideSearch& search, const CutRequest& request, CutResult& result, const ProgressHook& progress) {
    std::vector<Work> all;
    result.faults = search.faults;
    for (std::size_t i = 0; i < search.slides.size(); ++i) {
        if (progress)
            progress({"Looking at slide " + std::to_string(i + 1) + " of " + std::to_string(search.slides.size()),
                      0.1 * double(i) / double(search.slides.size())});
        try {
            all.push_back(lookAt(search.slides[i], request, result));
            add(result.leftOut, all.back().plan.leftOut);
            if (all.back().plan.tiles.empty()) {
                result.faults.push_back({all.back().name, "No place for a tile shows enough tissue" +
                                                              std::string(all.back().regions ? " inside regions of one class." : ".")});
                all.pop_back();
            }
        } catch (const Error& e) { result.faults.push_back({plainText(search.slides[i].file.filename().string()), e.what(), e.code()}); }
    }
    if (!all.empty()) return all;
    if (result.faults.empty())
        throw Error(ErrorCode::NotFound, "There is no slide or image to cut tiles from; name slides or a folder of them.");
    const auto& first = result.faults.front();
    if (result.faults.size() == 1) throw Error(first.code, sentenceOf(first));
    throw Error(first.code, "None of " + std::to_string(result.faults.size()) + " slides gives a tile. The first: " + sentenceOf(first));
}

// Two things that would get one name in the set.
void requireOwnNames(const std::vector<Work>& all) {
    std::map<std::string, std::string> slides, classes;
    const auto require = [](std::map<std::string, std::string>& known, const std::string& safe, const std::string& name, const char* what) {
        if (const auto [found, isNew] = known.emplace(safe, name); !isNew && found->second != name)
            throw Error(ErrorCode::WrongUse, std::string("The ") + what + " " + plainText(found->second, 100) + " and " +
                                                 plainText(name, 100) + " would both be called " + safe + " in the set; rename one.");
    };
    for (const auto& work : all) {
        require(slides, work.stem, fs::absolute(work.files.file).lexically_normal().string(), "slides");
        for (const auto& name : work.plan.classes) require(classes, safeName(name), name, "classes");
    }
}

Json planOf(const std::vector<Work>& all, const CutRequest& request) {
    Json slides = Json::array();
    for (const auto& work : all) {
        Json row = {{"slide", work.name}, {"bytes", fs::file_size(work.files.file)}, {"tiles", work.plan.tiles.size()}};
        if (!work.files.regions.empty())
            row["regions"] = plainText(work.files.regions.filename().string()), row["regions_sha256"] = sha256OfFile(work.files.regions);
        slides.push_back(row);
    }
    return {{"format", "phloxine-tiles/1"}, {"request", toJson(request)}, {"slides", slides}};
}

void takeFolder(const fs::path& out, const Json& plan) {
    const auto file = out / "plan.json";
    const auto shown = plainText(out.lexically_normal().string());
    if (isThere(file)) {
        const auto known = readJsonFile(file);
        requireFormat(known, "tiles", 1, "plan.json");
        if (known != plan)
            throw Error(ErrorCode::Exists,
                        "The folder " + shown + " holds tiles of another plan (other options, slides or regions); choose another folder.");
        return;
    }
    for (const auto& entry : fs::directory_iterator(out))
        if (!entry.path().filename().string().starts_with('.'))
            throw Error(ErrorCode::Exists, "The folder " + shown + " holds other files; choose a new or empty one.");
    writeFileAtomically(file, textOf(plan, 2), IfExists::Fail, Durability::Synced);
    writeFileAtomically(out / "metadata.jsonl", ""); // so that an unfinished set is not taken for one without groups
}

bool isFinished(const fs::path& file, const CutRequest& request) {
    if (!isThere(file)) return false;
    try {
        const auto image = readPng(file).image;
        return image.width == request.tilePx && image.height == request.tilePx &&
               std::abs(image.scale.micronsPerPixel - request.micronsPerPixel) < 1e-9;
    } catch (const Error&) { return false; } // made anew
}

// The region of the class that covers most of the tile.
std::string regionOf(const Work& work, const PlannedTile& tile, const CutRequest& request) {
    if (!work.regions) return {};
    const Region* best = nullptr;
    double most = 0;
    for (const auto& region : *work.regions) {
        if ((region.className.empty() ? request.className : region.className) != work.plan.classes[std::size_t(tile.classNumber)]) continue;
        const double share = coveredShare(region.polygons, double(tile.x), double(tile.y), work.plan.sidePx);
        if (share > most) best = &region, most = share;
    }
    return !best ? std::string() : best->name.empty() ? best->id : best->name;
}

double rounded(double share) { return std::round(share * 1e4) / 1e4; }

Json rowOf(const Work& work, const PlannedTile& tile, const std::string& file, const Scale& scale, const CutRequest& request) {
    Json row = {{"file_name", file},
                {"class", safeName(work.plan.classes[std::size_t(tile.classNumber)])},
                {"group", work.group},
                {"slide", work.name},
                {"x", tile.x},
                {"y", tile.y},
                {"width", work.plan.sidePx},
                {"height", work.plan.sidePx},
                {"mpp", scale.micronsPerPixel},
                {"mpp_source", toString(work.scale.source)},
                {"scale", {{"microns_per_pixel", scale.micronsPerPixel}, {"source", toString(scale.source)}}}, // of the set
                {"tissue_share", rounded(tile.tissueShare)}};
    if (work.regions) row["region"] = regionOf(work, tile, request), row["region_share"] = rounded(tile.regionShare);
    return row;
}

// Cuts the tiles of one slide; their rows.
std::string cutSlide(const Work& work, const CutRequest& request, const Scale& scale, const fs::path& out, CutResult& result,
                     const std::function<void()>& step) {
    const auto slide = open(work.files, request);
    std::string rows;
    for (const auto& tile : work.plan.tiles) {
        step();
        const auto className = safeName(work.plan.classes[std::size_t(tile.classNumber)]);
        const auto file = className + "/" + work.stem + "_" + std::to_string(tile.x) + "_" + std::to_string(tile.y) + ".png";
        if (isFinished(out / file, request)) {
            ++result.kept;
        } else {
            const auto hatched = slide->hatchedPixels();
            const auto image = readRegion(*slide, tile.x, tile.y, request.tilePx, request.tilePx, request.micronsPerPixel);
            if (slide->hatchedPixels() > hatched) {
                ++result.leftOut.unreadable;
                continue;
            }
            writePng(out / file, image, {}, IfExists::Replace);
            ++result.written;
        }
        ++result.classes[className];
        rows += textOf(rowOf(work, tile, file, scale, request));
    }
    return rows;
}

} // namespace

std::string sentenceOf(const SlideFault& fault) {
    return fault.reason.starts_with(fault.slide) ? fault.reason : fault.slide + ": " + fault.reason;
}

CutResult cutTiles(const SlideSearch& search, const CutRequest& request, const fs::path& out, const ProgressHook& progress) {
    requireValid(request);
    CutResult result;
    const auto all = lookAtAll(search, request, result, progress);
    requireOwnNames(all);
    std::uint64_t tiles = 0, done = 0;
    for (const auto& work : all) tiles += work.plan.tiles.size();
    requireFreeSpace(out, tiles * std::uint64_t(request.tilePx) * std::uint64_t(request.tilePx) *
                              2); // PNGs of tissue take up to two bytes a pixel
    makeWritableFolder(out);
    const FolderLock lock(out);
    takeFolder(out, planOf(all, request));
    // A set has one scale for its readers: it is as sure as the least sure of its slides, which come in this order.
    Scale scale{request.micronsPerPixel, ScaleSource::Property};
    for (const auto& work : all) scale.source = std::max(scale.source, work.scale.source);
    std::string rows;
    for (const auto& work : all) {
        for (const auto& name : work.plan.classes) makeWritableFolder(out / safeName(name));
        const int before = result.written + result.kept;
        try {
            rows += cutSlide(work, request, scale, out, result, [&] {
                if (progress)
                    progress(
                        {"Tile " + std::to_string(done + 1) + " of " + std::to_string(tiles), 0.1 + 0.9 * double(done) / double(tiles)});
                ++done;
            });
        } catch (const Error& e) {
            if (e.code() == ErrorCode::DiskFull || e.code() == ErrorCode::ReadOnly) throw;
            result.faults.push_back({work.name, e.what(), e.code()}); // gone since it was looked at; run it again
            continue;
        }
        if (result.written + result.kept == before)
            result.faults.push_back({work.name, "Every tile of it touches a part that cannot be read.", ErrorCode::Corrupt});
        else ++result.slides;
        writeFileAtomically(out / "metadata.jsonl", rows, IfExists::Replace, Durability::Synced);
    }
    if (result.written + result.kept == 0) throw Error(result.faults.back().code, "No tile was cut. " + sentenceOf(result.faults.back()));
    if (progress) progress({"Done", 1});
    return result;
}

} // namespace phloxine
