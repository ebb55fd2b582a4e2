// Keeps a foreign model under Phloxine: a folder with a card, and the source beside it by hard link or, on another disk, by copy.
#include <unistd.h>

#include <set>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Log.h"
#include "core/model/Model.h"
#include "core/model/ModelStore.h"
#include "core/model/report.h"
#include "core/tensor/devices.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

void linkOrCopy(const fs::path& from, const fs::path& to) {
    fs::create_directories(to.parent_path());
    const auto real = fs::canonical(from); // folders from a download cache hold symbolic links
    std::error_code error;
    fs::create_hard_link(real, to, error);
    if (!error) return;
    requireFreeSpace(to.parent_path(), fs::file_size(real));
    fs::copy_file(real, to, error);
    if (error) throwFileError(error.value(), "copy", from);
}

bool belongs(const fs::path& file) {
    static const std::set<std::string> endings{".json", ".txt", ".yaml", ".safetensors", ".bin", ".ckpt", ".pt", ".pth", ".md", ".npy"};
    return endings.count(file.extension().string()) > 0 || file.filename() == "LICENSE";
}

// Returns what the card names as its source.
std::string takeIn(const fs::path& source, const fs::path& folder) {
    if (isFolder(source)) {
        for (fs::recursive_directory_iterator it(source), end; it != end; ++it)
            if (it->is_regular_file() && belongs(it->path()))
                linkOrCopy(it->path(), folder / "source" / it->path().lexically_relative(source));
        return "source";
    }
    linkOrCopy(source, folder / "source" / source.filename());
    for (const auto& beside : settingsBeside(source)) linkOrCopy(beside, folder / "source" / beside.filename());
    return "source/" + source.filename().string();
}

// A model folder of Phloxine's own stays one; its card is written anew.
void takeInOwn(const fs::path& source, const fs::path& folder) {
    for (const auto& entry : fs::recursive_directory_iterator(source))
        if (entry.is_regular_file() && belongs(entry.path()) && entry.path() != source / "model.json")
            linkOrCopy(entry.path(), folder / entry.path().lexically_relative(source));
}

} // namespace

ModelEntry addModel(const fs::path& source, const AddModelOptions& options, fs::path root) {
    initDevices();
    (void)formatOf(source);
    const bool own = isThere(source / "model.json"); // such as a training makes
    if (own && readJsonFile(source / "model.json").contains("source"))
        throw Error(ErrorCode::WrongUse, source.filename().string() + " was added before; use it with --model, or copy it into " +
                                             ModelStore::userRoot().string() + ".");
    const auto checkpoint = openCheckpoint(source);
    (void)bindAll(checkpoint);
    requireFinite(checkpoint.weights, checkpoint.name);
    auto card =
        own ? modelCardFromJson(readJsonFile(source / "model.json"), source.filename().string()) : cardFromCheckpoint(source, checkpoint);
    if (!options.id.empty()) card.id = options.id;
    if (!options.title.empty()) card.title = options.title;
    if (!options.licence.empty()) card.licence = options.licence;
    if (options.micronsPerPixel > 0) card.scale = {options.micronsPerPixel, ScaleSource::User};
    for (std::size_t i = 0; i < options.classLabels.size() && i < card.classes.size(); ++i) card.classes[i].label = options.classLabels[i];
    if (!own) card.weightsSha256 = weightsHash(source);
    if (card.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") != std::string::npos || card.id.front() == '.')
        throw Error(ErrorCode::WrongUse, "The id \"" + card.id + "\" may only hold a-z, 0-9, '-', '_' and '.'.");

    if (root.empty()) root = ModelStore::userRoot();
    const auto folder = root / card.id, partial = root / (".adding-" + card.id + "-" + std::to_string(::getpid()));
    if (isThere(folder))
        throw Error(ErrorCode::Exists, "There is a model \"" + card.id + "\" already; nothing was changed, give another --id.",
                    folder.string());
    makeWritableFolder(partial);
    try {
        auto json = toJson(card);
        if (own) takeInOwn(source, partial);
        else json["source"] = takeIn(source, partial);
        writeFileAtomically(partial / "model.json", json.dump(2) + "\n", IfExists::Fail, Durability::Synced);
        fs::rename(partial, folder);
    } catch (...) {
        std::error_code error;
        fs::remove_all(partial, error);
        throw;
    }
    logInfo("Added the model " + card.id);
    return {card, folder};
}

} // namespace phloxine
