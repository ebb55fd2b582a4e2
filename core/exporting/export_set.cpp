#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Sha256.h"
#include "core/exporting/ExportPlan.h"
#include "core/exporting/Journal.h"
#include "core/exporting/set_documents.h"
#include "core/image/ImageFile.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 3> splits = {"train", "val", "test"};
constexpr std::uint64_t typicalTileBytes = 256 << 10;

struct PlannedTile {
    ExportedTile tile;   // sha256 and scale are filled when it is done; sha256 already for a copied file
    fs::path sourceFile; // empty when it is generated
};

// What decides the pixels. The build may change between two runs of one export, and memory may have made a batch smaller.
Json identity(GenerateRequest request) {
    request.build.clear();
    request.batch = 1, request.place = 0;
    return toJson(request);
}

// A tile may have been made in another precision or on another device than planned when the first choice failed.
bool sameTile(GenerateRequest made, GenerateRequest planned) {
    made.precision = planned.precision, made.device = planned.device;
    return identity(made) == identity(planned);
}

PlannedTile planned(const ExportItem& item, const GenerateRequest& single, std::set<std::string>& ids) {
    const std::string stem = item.className + "-" + std::to_string(single.seed);
    std::string id = stem;
    for (int n = 2; !ids.insert(id).second; ++n) id = stem + "-" + std::to_string(n);
    return {{"set/" + item.split + "/" + item.className + "/" + id + ".png", item.className, item.split, single, {}, {}}, item.file};
}

std::vector<PlannedTile> plannedTiles(const ExportPlan& plan, const ExportHooks& hooks) {
    std::vector<PlannedTile> tiles;
    std::set<std::string> ids;
    for (const ExportItem& item : plan.items) {
        if (item.file.empty()) {
            const GenerateRequest resolved = hooks.resolve ? hooks.resolve(item.request) : item.request;
            for (int i = 0; i < resolved.count; ++i) tiles.push_back(planned(item, forTile(resolved, i), ids));
        } else {
            tiles.push_back(planned(item, requestFromPng(item.file), ids)); // refuses what was not made by Phloxine
            requireNoRealPixels(tiles.back().tile.request);
            tiles.back().tile.sha256 = sha256OfFile(item.file);
        }
    }
    return tiles;
}

// One tile in two splits would let a classifier be tested on what it learned from.
void requireSeparateSplits(const std::vector<PlannedTile>& tiles) {
    std::map<std::string, const ExportedTile*> seen;
    for (const PlannedTile& p : tiles) {
        const auto [other, isNew] = seen.emplace(identity(p.tile.request).dump(), &p.tile);
        if (!isNew && other->second->split != p.tile.split)
            throw Error(ErrorCode::WrongUse, "The same tile (seed " + std::to_string(p.tile.request.seed) + ") is planned for " +
                                                 other->second->split + " and " + p.tile.split + ". Give each split its own seeds.");
    }
}

// The plan as it is kept in the folder: resolved, and without the place where copied files came from.
Json planRecord(const ExportPlan& plan, const std::vector<PlannedTile>& tiles) {
    Json items = Json::array();
    std::string hashed = plan.title;
    for (const PlannedTile& p : tiles) {
        Json item = {{"class", p.tile.className}, {"split", p.tile.split}, {"request", identity(p.tile.request)}};
        if (!p.sourceFile.empty()) item["copied_sha256"] = p.tile.sha256;
        hashed += "\n" + item.dump();
        items.push_back(std::move(item));
    }
    return {{"format", "phloxine-export/1"}, {"title", plan.title}, {"plan_sha256", sha256(hashed)}, {"items", std::move(items)}};
}

SetFacts factsOf(const ExportPlan& plan, const std::vector<PlannedTile>& tiles, const ExportHooks& hooks) {
    SetFacts facts;
    facts.title = plan.title;
    for (const PlannedTile& p : tiles) {
        const auto [model, isNew] = facts.models.emplace(p.tile.request.model, std::nullopt);
        if (!isNew || !hooks.card) continue;
        try {
            model->second = hooks.card(p.tile.request);
        } catch (const Error& e) {
            if (e.code() != ErrorCode::NotFound) throw;
        }
        if (model->second && !model->second->outputsMayFormDataSets)
            throw Error(ErrorCode::WrongUse, "The model " + p.tile.request.model +
                                                 " does not allow its tiles to form data sets (licence: " + model->second->licence +
                                                 "). Choose another model.");
    }
    return facts;
}

// Takes the folder for this plan, or throws when it belongs to something else.
void claimFolder(const fs::path& folder, const Json& record) {
    const fs::path planFile = folder / "plan.json";
    if (fs::exists(planFile)) {
        const Json known = readJsonFile(planFile);
        requireFormat(known, "export", 1, "plan.json");
        if (!known.contains("plan_sha256") || known["plan_sha256"] != record["plan_sha256"])
            throw Error(ErrorCode::Exists,
                        "The folder " + folder.filename().string() + " holds the export of another plan. Choose another folder.");
        return;
    }
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name == ".phloxine-lock" || name.starts_with(temporaryPrefix)) continue;
        throw Error(ErrorCode::Exists,
                    "The folder " + folder.filename().string() + " holds other files (" + name + "). Choose an empty or a new folder.");
    }
    writeFileAtomically(planFile, record.dump(2) + "\n", IfExists::Fail, Durability::Synced);
}

void removeTemporaryFiles(const fs::path& folder) {
    std::vector<fs::path> leftovers;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.path().filename().string().starts_with(temporaryPrefix) && entry.is_regular_file()) leftovers.push_back(entry.path());
    std::error_code ignored;
    for (const fs::path& path : leftovers) fs::remove(path, ignored);
}

Error inTheWay(const std::string& file) {
    return Error(ErrorCode::Exists,
                 file + " is in the way: it is damaged, was changed, or is not of this export. Move it away and run the export again.");
}

class SetWriter {
public:
    SetWriter(const fs::path& folder, const ExportHooks& hooks) : m_folder(folder), m_hooks(hooks), m_journal(folder) {}

    // True when the tile is there from an earlier run and proved whole.
    bool keep(PlannedTile& p) {
        const fs::path path = m_folder / p.tile.file;
        if (!fs::exists(fs::symlink_status(path))) return false;
        if (const ExportedTile* known = m_journal.find(p.tile.file)) {
            if (sha256OfFile(path) != known->sha256) throw inTheWay(p.tile.file);
            p.tile.request = known->request, p.tile.sha256 = known->sha256, p.tile.scale = known->scale;
            return true;
        }
        adopt(p, path);
        return true;
    }

    void write(PlannedTile& p) {
        const fs::path path = m_folder / p.tile.file;
        std::error_code error;
        fs::create_directories(path.parent_path(), error);
        if (error) throwFileError(error.value(), "make the folder", path.parent_path());
        const std::string bytes = p.sourceFile.empty() ? generated(p) : copied(p);
        writeFileAtomically(path, bytes);
        p.tile.sha256 = sha256(bytes);
        m_journal.add(p.tile);
    }

    void commit() { m_journal.commit(); }

private:
    // Finished, but the program was killed before the journal said so.
    void adopt(PlannedTile& p, const fs::path& path) {
        try {
            const std::string bytes = readFile(path);
            const std::string sum = sha256(bytes);
            const GenerateRequest request = requestFromPng(path);
            const Image image = decodePng(bytes, p.tile.file).image;
            if (!sameTile(request, p.tile.request) || (!p.tile.sha256.empty() && sum != p.tile.sha256)) throw inTheWay(p.tile.file);
            p.tile.request = request, p.tile.sha256 = sum, p.tile.scale = image.scale;
        } catch (const Error&) { throw inTheWay(p.tile.file); }
        m_journal.add(p.tile);
    }

    std::string generated(PlannedTile& p) {
        const Tile made = m_hooks.makeTile(p.tile.request);
        p.tile.request = made.request, p.tile.scale = made.image.scale;
        return encodePng(made.image, provenance(made.request));
    }

    std::string copied(PlannedTile& p) {
        std::string bytes = readFile(p.sourceFile);
        if (sha256(bytes) != p.tile.sha256)
            throw Error(ErrorCode::Corrupt,
                        p.sourceFile.filename().string() + " changed while it was being exported. Run the export again.");
        p.tile.scale = decodePng(bytes, p.sourceFile.filename().string()).image.scale;
        return bytes;
    }

    fs::path m_folder;
    const ExportHooks& m_hooks;
    Journal m_journal;
};

// Our own files, rewritten when a tile was made again; the data set card may have been edited and stays as it is.
void writeDocument(const fs::path& path, const std::string& text) {
    if (!fs::exists(path) || readFile(path) != text) writeFileAtomically(path, text, IfExists::Replace, Durability::Synced);
}

void writeDocuments(const fs::path& folder, const std::vector<PlannedTile>& planned, const SetFacts& facts) {
    std::vector<ExportedTile> tiles;
    for (const PlannedTile& p : planned) tiles.push_back(p.tile);
    std::map<std::string, std::string> sums; // by file, for a stable order
    for (const ExportedTile& tile : tiles) sums[tile.file] = tile.sha256;
    std::vector<std::string> documents = {"plan.json", "manifest.json", "README.md"};
    for (const char* split : splits) {
        const std::string lines = metadataLines(tiles, split);
        if (lines.empty()) continue;
        documents.push_back("set/" + std::string(split) + "/metadata.jsonl");
        writeDocument(folder / documents.back(), lines);
    }
    writeDocument(folder / "manifest.json", manifest(tiles, facts).dump(2) + "\n");
    if (!fs::exists(folder / "README.md"))
        writeFileAtomically(folder / "README.md", dataSetCard(tiles, facts), IfExists::Fail, Durability::Synced);
    for (const std::string& document : documents) sums[document] = sha256OfFile(folder / document);
    std::string text;
    for (const auto& [file, sum] : sums) text += sum + "  " + file + "\n";
    writeDocument(folder / "SHA256SUMS", text);
}

void requireSpaceFor(const std::vector<PlannedTile>& tiles, const fs::path& folder) {
    std::uint64_t bytes = 1 << 20;
    std::error_code error;
    for (const PlannedTile& p : tiles) {
        if (fs::exists(folder / p.tile.file, error)) continue;
        bytes += p.sourceFile.empty() ? typicalTileBytes : fs::file_size(p.sourceFile, error);
    }
    requireFreeSpace(folder, bytes);
}

} // namespace

ExportResult exportSet(const ExportPlan& plan, const fs::path& folder, const ExportHooks& hooks) {
    validate(plan, "The export plan");
    std::vector<PlannedTile> tiles = plannedTiles(plan, hooks);
    requireSeparateSplits(tiles);
    const Json record = planRecord(plan, tiles);
    SetFacts facts = factsOf(plan, tiles, hooks);
    facts.planSha256 = record["plan_sha256"].get<std::string>();
    requireSpaceFor(tiles, folder);
    makeWritableFolder(folder);
    const FolderLock lock(folder);
    claimFolder(folder, record);
    removeTemporaryFiles(folder);

    ExportResult result;
    SetWriter writer(folder, hooks);
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        if (hooks.progress)
            hooks.progress({"Tile " + std::to_string(i + 1) + " of " + std::to_string(tiles.size()), double(i) / double(tiles.size())});
        if (writer.keep(tiles[i])) {
            ++result.kept;
            continue;
        }
        writer.write(tiles[i]);
        ++result.written;
    }
    writer.commit();
    writeDocuments(folder, tiles, facts);
    if (hooks.progress) hooks.progress({"Finished", 1});
    return result;
}

} // namespace phloxine
