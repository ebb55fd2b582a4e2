#include "core/base/Json.h"

#include <charconv>

#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine {

namespace {

// Nesting is walked recursively when a value is written or copied; a stranger's file must not decide how deep our stack goes.
constexpr int deepest = 200;

bool tooDeep(std::string_view text) {
    int depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (inString) {
            if (c == '\\') ++i;
            else if (c == '"') inString = false;
        } else if (c == '"') inString = true;
        else if (c == '[' || c == '{') {
            if (++depth > deepest) return true;
        } else if (c == ']' || c == '}') --depth;
    }
    return false;
}

} // namespace

Json parseJson(std::string_view text, const std::string& what) {
    if (tooDeep(text)) throw Error(ErrorCode::Corrupt, what + " is not usable JSON: it is nested too deeply.");
    try {
        return Json::parse(text);
    } catch (const nlohmann::json::parse_error& e) {
        throw Error(ErrorCode::Corrupt, what + " is not valid JSON (error near byte " + std::to_string(e.byte) + ").", e.what());
    } catch (const nlohmann::json::exception& e) { // a number out of range
        throw Error(ErrorCode::Corrupt, what + " is not valid JSON.", e.what());
    }
}

Json parsePythonJson(std::string text, const std::string& what) {
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') inString = !inString;
        else if (inString && text[i] == '\\') ++i;
        if (inString) continue;
        for (const std::string_view word : {"-Infinity", "Infinity", "NaN"})
            if (text.compare(i, word.size(), word) == 0) text.replace(i, word.size(), "null");
    }
    return parseJson(text, what);
}

Json readJsonFile(const std::filesystem::path& path) { return parseJson(readFile(path), path.filename().string()); }

void requireFormat(const Json& json, std::string_view kind, int newest, const std::string& what) {
    const std::string expected = "phloxine-" + std::string(kind) + "/";
    const auto wrong = [&] {
        return Error(ErrorCode::Corrupt, what + " is not a file of the kind " + expected + std::to_string(newest) + ".");
    };
    if (!json.is_object() || !json.contains("format") || !json["format"].is_string()) throw wrong();
    const std::string format = json["format"].get<std::string>();
    if (!format.starts_with(expected)) throw wrong();
    int version = 0;
    const char* end = format.data() + format.size();
    const auto [stop, problem] = std::from_chars(format.data() + expected.size(), end, version);
    if (problem != std::errc() || stop != end || version < 1) throw wrong();
    if (version > newest)
        throw Error(ErrorCode::Unsupported, what + " was written by a newer Phloxine (" + format + "). Update Phloxine to read it.");
}

} // namespace phloxine
