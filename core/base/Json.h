#pragma once
// JSON values keep the order of their keys, so that a file reads as it was written and hashes stay stable.
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace phloxine {

using Json = nlohmann::ordered_json;

// Parses text from a stranger: throws Error(Corrupt) naming `what` and the position.
Json parseJson(std::string_view text, const std::string& what);
Json readJsonFile(const std::filesystem::path& path); // Error(NotFound | Corrupt)
// As Python's json module writes it: Infinity, -Infinity and NaN, which JSON does not know, become null.
Json parsePythonJson(std::string text, const std::string& what);

// Checks `"format": "phloxine-<kind>/<n>"`: throws Error(Unsupported) when n is newer than `newest`, Error(Corrupt) when the kind is
// another.
void requireFormat(const Json& json, std::string_view kind, int newest, const std::string& what);

} // namespace phloxine
