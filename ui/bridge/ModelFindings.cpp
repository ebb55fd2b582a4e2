#include "ui/bridge/ModelFindings.h"

#include "core/model/inspect.h"

namespace phloxine::ui {

namespace {
QString wordAt(const Json& json, const char* key) { return QString::fromStdString(json.value(key, std::string())); }
} // namespace

ModelFindings findingsOf(const ModelReport& report) {
    ModelFindings found;
    const Json& json = report.json;
    for (int i = 0; i < int(report.lines.size()); ++i)
        if (i != report.cardLine) found.lines.append(QString::fromStdString(report.lines[std::size_t(i)]));
    found.fits = json.value("fits", false);
    if (const auto problem = json.find("problem"); problem != json.end()) {
        found.problem = wordAt(*problem, "message");
        found.problemKey = wordAt(*problem, "key");
        if (!found.lines.isEmpty() && found.lines.last().contains(found.problem)) found.lines.removeLast(); // the page says it by itself
    }
    for (const auto& key : json.value("extra_keys", Json::array())) found.extraKeys.append(QString::fromStdString(key.get<std::string>()));
    found.sha256 = wordAt(json, "weights_sha256");
    found.condition = wordAt(json, "condition");
    found.classes = json.value("classes", 0);
    found.tileSizePx = json.value("tile_px", 0);
    return found;
}

} // namespace phloxine::ui
