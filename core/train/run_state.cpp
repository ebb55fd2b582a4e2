#include "core/train/run_state.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/base/Sha256.h"
#include "core/tensor/safetensors.h"
#include "core/train/base_model.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kept = 2;
constexpr const char* files[] = {"weights.safetensors", "optimiser.safetensors"};

// Folders of states by the images seen, the newest first.
std::vector<std::pair<std::int64_t, fs::path>> statesIn(const fs::path& run) {
    std::vector<std::pair<std::int64_t, fs::path>> found;
    if (!isFolder(run / "checkpoints")) return found;
    for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
        const auto name = entry.path().filename().string();
        std::int64_t images = 0;
        const auto read = std::from_chars(name.data(), name.data() + name.size(), images);
        if (read.ec == std::errc() && read.ptr == name.data() + name.size()) found.emplace_back(images, entry.path());
    }
    std::sort(found.rbegin(), found.rend());
    return found;
}

RunState readState(const fs::path& folder) {
    const auto json = readJsonFile(folder / "state.json");
    requireFormat(json, "train-state", 1, "state.json");
    RunState state;
    try {
        state.step = json.at("step"), state.images = json.at("images"), state.threads = json.at("threads"),
        state.precision = json.at("precision"), state.device = json.value("device", std::string("cpu"));
        for (const auto* file : files)
            if (sha256OfFile(folder / file) != json.at("sha256").at(file).get<std::string>())
                throw Error(ErrorCode::Corrupt, std::string(file) + " is not the file that was saved");
    } catch (const Json::exception&) { throw Error(ErrorCode::Corrupt, "state.json is incomplete"); }
    state.masters = readSafetensors(folder / files[0]), state.optimiser = readSafetensors(folder / files[1]);
    return state;
}

} // namespace

void saveRunState(const fs::path& run, const RunState& state) {
    const auto root = run / "checkpoints", folder = root / std::to_string(state.images);
    if (isThere(folder / "state.json")) return;
    makeWritableFolder(root);
    for (const auto& entry : fs::directory_iterator(root)) // of a program that was killed
        if (entry.path().filename().string().starts_with(temporaryPrefix)) fs::remove_all(entry.path());
    const auto temporary = root / (std::string(temporaryPrefix) + std::to_string(state.images));
    try {
        makeWritableFolder(temporary);
        writeWeightsSynced(temporary / files[0], state.masters);
        writeWeightsSynced(temporary / files[1], state.optimiser);
        Json json{{"format", "phloxine-train-state/1"}, {"step", state.step},     {"images", state.images},  {"threads", state.threads},
                  {"precision", state.precision},       {"device", state.device}, {"sha256", Json::object()}};
        for (const auto* file : files) json["sha256"][file] = sha256OfFile(temporary / file);
        writeFileAtomically(temporary / "state.json", json.dump(1) + "\n", IfExists::Fail, Durability::Synced);
        fs::remove_all(folder); // a broken one that was passed over
        fs::rename(temporary, folder);
        syncFolder(root);
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(temporary, ignored);
        throw;
    }
    const auto all = statesIn(run);
    for (std::size_t i = kept; i < all.size(); ++i) fs::remove_all(all[i].second);
}

std::optional<RunState> newestRunState(const fs::path& run, const std::function<void(const std::string&)>& notice) {
    for (const auto& [images, folder] : statesIn(run)) try {
            return readState(folder);
        } catch (const Error& e) {
            if (notice)
                notice("The state after " + std::to_string(images) + " images is broken (" + e.what() +
                       "), so the training goes on from the one before.");
            fs::remove_all(folder);
        }
    return {};
}

void appendLog(const fs::path& run, const Json& row) {
    std::ofstream log(run / "log.jsonl", std::ios::app);
    log << row.dump() << "\n" << std::flush;
    if (!log) throwFileError(errno ? errno : EIO, "write", run / "log.jsonl");
}

void cutLog(const fs::path& run, std::int64_t step) {
    if (!isThere(run / "log.jsonl")) return;
    std::istringstream lines(readFile(run / "log.jsonl", 1ull << 32));
    std::string kept;
    for (std::string line; std::getline(lines, line);) {
        const auto row = Json::parse(line, nullptr, false);
        if (row.is_object() && row.contains("step") && row["step"].is_number_integer() && row["step"].get<std::int64_t>() <= step)
            kept += line + "\n";
    }
    writeFileAtomically(run / "log.jsonl", kept, IfExists::Replace);
}

} // namespace phloxine
