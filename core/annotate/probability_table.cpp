#include "core/annotate/probability_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <set>
#include <sstream>

#include "core/base/Error.h"
#include "core/base/Files.h"

namespace phloxine {

namespace {

std::string lowerCase(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return text;
}

std::vector<std::string> fieldsOf(const std::string& line) { // with "quoted, ""fields"""
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') fields.back() += c, ++i;
        else if (c == '"') quoted = !quoted;
        else if (c == ',' && !quoted) fields.emplace_back();
        else if (c != '\r') fields.back() += c;
    }
    return fields;
}

std::string quotedField(const std::string& text) {
    if (text.find_first_of(",\"\n") == text.npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

struct Columns {
    int file = -1, x = -1, y = -1, width = -1, height = -1;
    std::vector<std::pair<int, std::string>> classes;
    bool places() const { return x >= 0 && y >= 0 && width >= 0 && height >= 0; }
};

class Reader {
public:
    explicit Reader(const std::filesystem::path& csv) : m_name(plainText(csv.filename().string(), 100)), m_lines(readFile(csv)) {
        std::string header;
        std::getline(m_lines, header);
        if (header.starts_with("\xef\xbb\xbf")) header.erase(0, 3);
        const auto names = fieldsOf(header);
        for (std::size_t i = 0; i < names.size(); ++i) take(lowerCase(names[i]), names[i], int(i));
        if (m_columns.file < 0 && !m_columns.places())
            fail("has neither a column \"file\" nor x, y, width and height (or minx, miny); it is no table of tiles");
        m_width = names.size();
    }

    const Columns& columns() const { return m_columns; }

    bool next(ProbabilityRow& row) {
        std::string line;
        do {
            if (!std::getline(m_lines, line)) return false;
            ++m_line;
        } while (line.find_first_not_of(" \t\r") == std::string::npos);
        const auto fields = fieldsOf(line);
        if (fields.size() != m_width) fail("has another number of fields than its first line");
        row = {};
        if (m_columns.file >= 0) row.file = fields[std::size_t(m_columns.file)];
        if (m_columns.places()) {
            const auto value = [&](int column) { return number(fields[std::size_t(column)]); };
            row.place = {value(m_columns.x), value(m_columns.y), value(m_columns.width), value(m_columns.height)};
            if (!(row.place.width > 0 && row.place.height > 0)) fail("has a place without an area");
        }
        for (const auto& [column, name] : m_columns.classes) {
            const double p = number(fields[std::size_t(column)]);
            if (p < -1e-6 || p > 1 + 1e-6) fail("has a probability outside 0..1");
            row.probabilities.push_back(std::clamp(p, 0.0, 1.0));
        }
        return true;
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(ErrorCode::Corrupt, m_name + ", line " + std::to_string(m_line) + " " + what + ".");
    }

private:
    void take(const std::string& low, const std::string& name, int i) {
        const auto set = [&](int& column) {
            if (column >= 0) fail("names the column \"" + plainText(low, 60) + "\" twice");
            column = i;
        };
        if (low == "file" || low == "file_name") set(m_columns.file);
        else if (low == "x" || low == "minx") set(m_columns.x);
        else if (low == "y" || low == "miny") set(m_columns.y);
        else if (low == "width") set(m_columns.width);
        else if (low == "height") set(m_columns.height);
        else if (low.starts_with("prob_") && low.size() > 5) {
            for (const auto& [column, other] : m_columns.classes)
                if (lowerCase(other) == low.substr(5)) fail("names the column \"" + plainText(low, 60) + "\" twice");
            m_columns.classes.emplace_back(i, name.substr(5));
        }
    }

    double number(const std::string& text) const {
        double value = 0;
        const auto first = text.find_first_not_of(' ');
        const auto* begin = text.data() + (first == text.npos ? text.size() : first);
        const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
        const bool rest = std::any_of(end, text.data() + text.size(), [](char c) { return c != ' '; });
        if (error != std::errc() || rest || !std::isfinite(value)) fail("holds \"" + plainText(text, 40) + "\" where a number is due");
        return value;
    }

    std::string m_name;
    std::istringstream m_lines;
    Columns m_columns;
    std::size_t m_width = 0;
    int m_line = 1;
};

std::string number(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
}

} // namespace

ProbabilityTable readProbabilityTable(const std::filesystem::path& csv) {
    Reader reader(csv);
    ProbabilityTable table;
    table.hasFiles = reader.columns().file >= 0, table.hasPlaces = reader.columns().places();
    for (const auto& [column, name] : reader.columns().classes) table.classes.push_back(name);
    if (table.classes.empty()) reader.fail("names no probabilities; their columns begin with prob_");
    std::set<std::string> files;
    for (ProbabilityRow row; reader.next(row); table.rows.push_back(row))
        if (table.hasFiles && !files.insert(row.file).second) reader.fail("gives the file " + plainText(row.file, 100) + " a second time");
    return table;
}

std::vector<Place> readPlaces(const std::filesystem::path& csv) {
    Reader reader(csv);
    if (!reader.columns().places()) reader.fail("has no columns x, y, width and height");
    std::vector<Place> places;
    for (ProbabilityRow row; reader.next(row);) places.push_back(row.place);
    return places;
}

std::string toCsv(const ProbabilityTable& table) {
    std::string text = table.hasFiles ? "file" : "";
    if (table.hasPlaces) text += std::string(table.hasFiles ? "," : "") + "x,y,width,height";
    for (const auto& name : table.classes) text += "," + quotedField("prob_" + name);
    text += "\n";
    for (const auto& row : table.rows) {
        if (table.hasFiles) text += quotedField(row.file);
        if (table.hasPlaces)
            text += (table.hasFiles ? "," : "") + number(row.place.x) + "," + number(row.place.y) + "," + number(row.place.width) + "," +
                    number(row.place.height);
        for (const double p : row.probabilities) text += "," + number(p);
        text += "\n";
    }
    return text;
}

std::size_t classColumn(const ProbabilityTable& table, const std::string& name) {
    std::string known;
    for (std::size_t i = 0; i < table.classes.size(); ++i) {
        const auto low = lowerCase(table.classes[i]), wanted = lowerCase(name);
        if (low == wanted || "prob_" + low == wanted) return i;
        known += (known.empty() ? "" : ", ") + table.classes[i];
    }
    if (name.empty() && table.classes.size() <= 2) return table.classes.size() - 1;
    throw Error(ErrorCode::WrongUse, (name.empty() ? "The table has several classes" : "The table has no class \"" + name + "\"") +
                                         "; name one of " + known + ".");
}

std::optional<double> meanOver(const ProbabilityTable& table, std::size_t column, const Place& tile) {
    double shared = 0, sum = 0;
    for (const auto& row : table.rows) {
        const auto& p = row.place;
        const double width = std::min(p.x + p.width, tile.x + tile.width) - std::max(p.x, tile.x);
        const double height = std::min(p.y + p.height, tile.y + tile.height) - std::max(p.y, tile.y);
        if (width <= 0 || height <= 0) continue;
        shared += width * height, sum += width * height * row.probabilities[column];
    }
    if (shared < 0.5 * tile.width * tile.height) return {};
    return sum / shared;
}

std::optional<double> valueOf(const ProbabilityTable& table, std::size_t column, const std::string& file) {
    const auto row = std::find_if(table.rows.begin(), table.rows.end(), [&](const auto& r) { return r.file == file; });
    return row == table.rows.end() ? std::nullopt : std::optional(row->probabilities[column]);
}

} // namespace phloxine
