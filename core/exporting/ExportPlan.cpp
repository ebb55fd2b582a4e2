#include "core/exporting/ExportPlan.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"

namespace phloxine {

namespace {

// Names become folders that other programs read, on any file system.
void requireName(const std::string& name, const std::string& what) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
    if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), allowed))
        throw Error(ErrorCode::WrongUse,
                    "The class \"" + name + "\" of " + what + " is not a folder name of 1 to 64 letters a-z, digits, _ or -.");
}

} // namespace

void requireNoRealPixels(const GenerateRequest& request) {
    if (isComposite(request))
        throw Error(ErrorCode::WrongUse, "A tile made from real pixels (SHA-256 " + request.initialSha256.substr(0, 12) +
                                             ") may show a patient, so it cannot go into an export; leave it out.");
}

namespace {

std::string textAt(const Json& json, const char* key, const std::string& otherwise) {
    return json.contains(key) ? json.at(key).get<std::string>() : otherwise;
}

ExportItem itemFromJson(const Json& json, const std::string& what) {
    if (!json.is_object()) throw Error(ErrorCode::Corrupt, "An item of " + what + " is not an object.");
    ExportItem item;
    item.className = textAt(json, "class", "");
    item.split = textAt(json, "split", item.split);
    if (json.contains("file")) item.file = textAt(json, "file", "");
    if (json.contains("request")) item.request = generateRequestFromJson(json.at("request"), what);
    if (json.contains("file") == json.contains("request"))
        throw Error(ErrorCode::WrongUse, "Each item of " + what + " needs either a \"request\" or a \"file\".");
    if (json.contains("file") && item.file.empty()) throw Error(ErrorCode::WrongUse, "An item of " + what + " has an empty file name.");
    return item;
}

} // namespace

Json toJson(const ExportPlan& plan) {
    Json items = Json::array();
    for (const ExportItem& item : plan.items) {
        Json json = {{"class", item.className}, {"split", item.split}};
        if (item.file.empty()) json["request"] = toJson(item.request);
        else json["file"] = item.file.string();
        items.push_back(std::move(json));
    }
    return {{"format", "phloxine-export/1"}, {"title", plan.title}, {"items", std::move(items)}};
}

void validate(const ExportPlan& plan, const std::string& what) {
    if (plan.items.empty()) throw Error(ErrorCode::WrongUse, what + " holds no items: there is nothing to export.");
    std::int64_t tiles = 0;
    for (const ExportItem& item : plan.items) {
        requireName(item.className, what);
        if (item.split != "train" && item.split != "val" && item.split != "test")
            throw Error(ErrorCode::WrongUse, "The split \"" + item.split + "\" of " + what + " is not train, val or test.");
        if (item.file.empty()) validate(item.request);
        requireNoRealPixels(item.request);
        tiles += item.file.empty() ? item.request.count : 1;
    }
    if (tiles > 10000000) throw Error(ErrorCode::WrongUse, what + " asks for more than 10 million tiles. Make several exports.");
}

ExportPlan exportPlanFromJson(const Json& json, const std::string& what) {
    requireFormat(json, "export", 1, what);
    ExportPlan plan;
    try {
        plan.title = textAt(json, "title", "");
        if (!json.contains("items") || !json.at("items").is_array()) throw Error(ErrorCode::Corrupt, what + " has no list of items.");
        for (const Json& item : json.at("items")) plan.items.push_back(itemFromJson(item, what));
    } catch (const nlohmann::json::exception& e) {
        throw Error(ErrorCode::Corrupt, what + " has a value of the wrong kind. Correct it.", e.what());
    }
    validate(plan, what);
    return plan;
}

} // namespace phloxine
