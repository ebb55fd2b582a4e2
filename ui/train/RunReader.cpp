#include "ui/train/RunReader.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

#include <QCoreApplication>
#include <nlohmann/json.hpp>

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/model/ModelCard.h"

namespace phloxine::ui {

namespace fs = std::filesystem;

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::TrainPage)
};

constexpr std::size_t mostBins = 600;

std::optional<std::int64_t> numberOf(const std::string& name) {
    std::int64_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec != std::errc() || read.ptr != name.data() + name.size()) return {};
    return number;
}

QDateTime timeOf(const fs::path& file) {
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0 ? QDateTime::fromSecsSinceEpoch(info.st_mtime) : QDateTime();
}

std::vector<ShownClass> classesOf(const fs::path& folder, const Recipe& recipe) {
    const auto* diffusion = diffusionOf(recipe);
    if (!diffusion) return {};
    if (!diffusion->classes.empty()) return shownClasses(diffusion->classes);
    if (!isThere(folder / "base" / "model.json")) return {};
    std::vector<RecipeClass> classes; // named by the folders of the tiles
    for (const auto& c : modelCardFromJson(readJsonFile(folder / "base" / "model.json"), "of the run").classes)
        classes.push_back({c.id, c.label, c.code, c.colour, {}});
    return shownClasses(classes);
}

} // namespace

RunSnapshot RunReader::read() {
    RunSnapshot found;
    found.folder = QString::fromStdString(m_folder.string());
    try {
        if (!m_recipe) {
            if (!isThere(m_folder / "recipe.json"))
                throw Error(ErrorCode::NotFound,
                            Words::tr("The folder %1 holds no training; choose a folder that a training was written to.")
                                .arg(QString::fromStdString(m_folder.filename().string()))
                                .toStdString());
            m_recipe = recipeFromText(readFile(m_folder / "recipe.json"), "recipe.json");
        }
        found.recipe = m_recipe;
        if (m_classes.empty()) m_classes = classesOf(m_folder, *m_recipe);
        found.classes = m_classes;
        readLog(found);
        readSessions(found);
        readFiles(found);
    } catch (const Error& e) { found.problem = QString::fromUtf8(e.what()); } catch (const std::exception&) {
        found.problem = Words::tr("The training cannot be read; its folder may have gone.");
    }
    return found;
}

void RunReader::readLog(RunSnapshot& found) {
    const auto file = m_folder / "log.jsonl";
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) return;
    if (info.st_ino != m_inode || std::uint64_t(info.st_size) < m_offset) { // written anew by a training that goes on from a state
        m_offset = 0, m_inode = info.st_ino, m_broken = 0;
        m_rows.clear(), m_heldOut.clear();
    }
    std::ifstream log(file, std::ios::binary);
    log.seekg(std::streamoff(m_offset));
    for (std::string line; std::getline(log, line) && !log.eof();) { // a line without its end is still being written
        m_offset += line.size() + 1;
        takeLine(line);
    }
    found.step = m_step = m_rows.empty() ? 0 : m_step;
    found.images = m_rows.empty() ? 0 : std::int64_t(m_rows.back().images);
    found.loss = m_rows.empty() ? 0 : m_rows.back().loss;
    found.imagesPerSecond = m_imagesPerSecond;
    found.heldOut = m_heldOut, found.brokenLines = m_broken;
    found.secondsQuiet = double(QDateTime::currentSecsSinceEpoch() - info.st_mtime);
    bin(found);
}

void RunReader::takeLine(const std::string& line) {
    const auto row = Json::parse(line, nullptr, false);
    const auto number = [&](const char* key) -> std::optional<double> {
        if (!row.is_object()) return {};
        const auto it = row.find(key);
        return it != row.end() && it->is_number() ? std::optional(it->get<double>()) : std::nullopt;
    };
    const auto images = number("images"), loss = number("loss"), step = number("step");
    if (!images || !loss || !step || !std::isfinite(*loss)) {
        if (!line.empty()) ++m_broken;
        return;
    }
    m_rows.push_back({*images, *loss});
    m_step = std::int64_t(*step);
    if (const auto speed = number("images_per_second")) // a mean over about the last twenty steps
        m_imagesPerSecond += (*speed - m_imagesPerSecond) * (m_rows.size() < 20 ? 1.0 / double(m_rows.size()) : 0.05);
    if (const auto held = number("validation_loss"); held && std::isfinite(*held)) m_heldOut.push_back({*images, *held});
}

void RunReader::bin(RunSnapshot& found) const {
    if (m_rows.empty()) return;
    const double gain = 2 / (std::clamp(double(m_rows.size()) / 40, 4.0, 500.0) + 1);
    const auto perBin = (m_rows.size() + mostBins - 1) / mostBins;
    double smooth = 0, weight = 0;
    std::vector<double> lows, highs;
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        smooth += gain * (m_rows[i].loss - smooth), weight += gain * (1 - weight);
        if (i % perBin == 0) found.curve.push_back({m_rows[i].images, m_rows[i].loss, m_rows[i].loss, 0});
        auto& bin = found.curve.back();
        bin.images = m_rows[i].images, bin.smooth = smooth / weight;
        bin.low = std::min(bin.low, m_rows[i].loss), bin.high = std::max(bin.high, m_rows[i].loss);
    }
    for (const auto& bin : found.curve) lows.push_back(bin.low), highs.push_back(bin.high);
    std::sort(lows.begin(), lows.end()), std::sort(highs.begin(), highs.end());
    found.typicalLow = lows[lows.size() / 50], found.typicalHigh = highs[highs.size() - 1 - highs.size() / 20];
}

void RunReader::readSessions(RunSnapshot& found) const {
    if (!isThere(m_folder / "sessions.jsonl")) {
        found.began = timeOf(m_folder / "recipe.json");
        return;
    }
    std::istringstream lines(readFile(m_folder / "sessions.jsonl"));
    QDateTime start, stop;
    for (std::string line; std::getline(lines, line);) {
        const auto row = Json::parse(line, nullptr, false);
        if (!row.is_object() || !row.value("time", Json()).is_string() || !row.value("event", Json()).is_string()) continue;
        const auto time = QDateTime::fromString(QString::fromStdString(row["time"]), Qt::ISODate);
        const auto images = row.value("images", Json(0)).is_number() ? row.value("images", 0.0) : 0.0;
        if (row["event"] == "started") {
            if (!found.began.isValid()) found.began = time;
            else found.pauses.push_back({images, stop.isValid() ? double(stop.secsTo(time)) : 0});
            start = time, stop = {};
        } else if (start.isValid()) {
            found.secondsWorked += double(start.secsTo(time));
            stop = time, start = {};
        }
    }
    found.sessionOpen = start.isValid();
}

void RunReader::readFiles(RunSnapshot& found) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(m_folder / "samples", none))
        if (const auto images = numberOf(entry.path().stem().string()); images && entry.path().extension() == ".png")
            found.samples.push_back({*images, QString::fromStdString(entry.path().string())});
    std::sort(found.samples.begin(), found.samples.end(), [](const auto& a, const auto& b) { return a.images < b.images; });
    for (const auto& entry : fs::directory_iterator(m_folder / "checkpoints", none)) {
        if (!numberOf(entry.path().filename().string()) || !isThere(entry.path() / "state.json")) continue;
        ++found.states;
        found.lastState = std::max(found.lastState, timeOf(entry.path() / "state.json"));
        for (const auto& file : fs::directory_iterator(entry.path(), none)) found.stateBytes += std::int64_t(file.file_size(none));
    }
    std::int64_t newest = -1;
    for (const auto& entry : fs::directory_iterator(m_folder / "models", none))
        if (const auto images = numberOf(entry.path().filename().string()); images && *images > newest)
            newest = *images, found.model = QString::fromStdString(entry.path().string());
    if (isThere(m_folder / "model" / "model.json")) found.model = QString::fromStdString((m_folder / "model").string());
}

} // namespace phloxine::ui
