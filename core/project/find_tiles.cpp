// Which tiles a filter finds, and what is known of them.
#include <map>

#include "core/project/project_state.h"

namespace phloxine {

namespace {

struct OrderRow {
    TileOrder order;
    const char* sql;
};
constexpr OrderRow orders[] = {{TileOrder::NewestFirst, "made DESC, id DESC"},
                               {TileOrder::OldestFirst, "made, id"},
                               {TileOrder::NearestFirst, "nearest IS NULL, nearest, id"},
                               {TileOrder::SeedUp, "seed, id"}};

// The condition of a filter, with what its question marks stand for.
struct Where {
    std::string sql;
    std::vector<std::string> texts;
    std::vector<std::pair<int, double>> numbers; // place among all, value

    void add(const std::string& condition) { sql += (sql.empty() ? "" : " AND ") + condition; }
    std::string text(const std::string& value) {
        texts.push_back(value);
        return "?" + std::to_string(texts.size());
    }
    void oneOf(const std::string& before, const std::vector<std::string>& values, const std::string& after = {}) {
        if (values.empty()) return;
        std::string list;
        for (const auto& value : values) list += (list.empty() ? "" : ", ") + text(value);
        add(before + " IN (" + list + ")" + after);
    }
};

Where whereOf(const TileFilter& f) {
    Where where;
    where.add(f.trash ? "trashed" : "NOT trashed");
    where.oneOf("class", f.classes);
    where.oneOf("model", f.models);
    where.oneOf("EXISTS (SELECT 1 FROM tag WHERE tag.tile = tile.id AND name", f.tags, ")");
    if (f.star) where.add(*f.star ? "star" : "NOT star");
    if (f.rejected) where.add(*f.rejected ? "rejected" : "NOT rejected");
    if (f.seed) where.add("seed = " + std::to_string(*f.seed));
    if (f.fromMs > 0) where.add("made >= " + std::to_string(f.fromMs));
    if (f.untilMs != std::numeric_limits<std::int64_t>::max()) where.add("made < " + std::to_string(f.untilMs));
    if (f.nearestBelow < std::numeric_limits<double>::infinity())
        where.add("nearest < CAST(" + where.text(std::to_string(f.nearestBelow)) + " AS REAL)");
    const auto wanted = searchWords(f.words);
    for (std::size_t begin = 0; begin < wanted.size();) { // " lung scc": each word with the space before it
        const auto end = std::min(wanted.find(' ', begin + 1), wanted.size());
        const auto word = where.text("%" + wanted.substr(begin, end - begin) + "%");
        where.add("(words LIKE " + word + " OR EXISTS (SELECT 1 FROM tag WHERE tag.tile = tile.id AND ' ' || name LIKE " + word + "))");
        begin = end;
    }
    return where;
}

TileRecord recordOf(SQLite::Statement& row) {
    TileRecord tile;
    int column = 0;
    const auto next = [&] { return row.getColumn(column++); };
    tile.id = next().getInt64(), tile.file = next().getString(), tile.model = next().getString(), tile.modelSha256 = next().getString();
    tile.classId = next().getString(), tile.prompt = next().getString(), tile.seed = std::uint64_t(next().getInt64());
    tile.widthPx = next().getInt(), tile.heightPx = next().getInt(), tile.madeMs = next().getInt64();
    tile.composite = next().getInt(), tile.missing = next().getInt(), tile.star = next().getInt(), tile.rejected = next().getInt();
    tile.trashed = next().getInt();
    if (const auto nearest = next(); !nearest.isNull()) tile.nearest = nearest.getDouble();
    return tile;
}

std::vector<Facet> facetsOf(SQLite::Database& db, const char* sql) {
    std::vector<Facet> facets;
    for (SQLite::Statement row(db, sql); row.executeStep();) facets.push_back({row.getColumn(0).getString(), row.getColumn(1).getInt()});
    return facets;
}

} // namespace

std::string searchWords(const std::string& text) {
    std::string words;
    bool inside = false;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        const bool part = u >= 128 || std::isalnum(u);
        if (part && !inside) words += ' ';
        if (part) words += char(u < 128 ? std::tolower(u) : u);
        inside = part;
    }
    return words;
}

std::vector<std::int64_t> Project::find(const TileFilter& filter) const {
    return guardedValue<std::vector<std::int64_t>>(m->file, [&] {
        const auto where = whereOf(filter);
        std::string order;
        for (const auto& row : orders)
            if (row.order == filter.order) order = row.sql;
        SQLite::Statement row(*m->db, "SELECT id FROM tile WHERE " + where.sql + " ORDER BY " + order);
        for (std::size_t i = 0; i < where.texts.size(); ++i) row.bind(int(i) + 1, where.texts[i]);
        std::vector<std::int64_t> ids;
        while (row.executeStep()) ids.push_back(row.getColumn(0).getInt64());
        return ids;
    });
}

std::vector<TileRecord> Project::records(std::span<const std::int64_t> ids) const {
    return guardedValue<std::vector<TileRecord>>(m->file, [&] {
        std::vector<TileRecord> tiles;
        SQLite::Statement row(*m->db,
                              "SELECT id, file, model, model_sha256, class, prompt, seed, width, height, made, composite, missing, star, "
                              "rejected, trashed, nearest FROM tile WHERE id = ?");
        SQLite::Statement tag(*m->db, "SELECT name FROM tag WHERE tile = ? ORDER BY name");
        for (const auto id : ids) {
            row.reset(), row.bind(1, id);
            if (!row.executeStep()) continue;
            tiles.push_back(recordOf(row));
            tag.reset(), tag.bind(1, id);
            while (tag.executeStep()) tiles.back().tags.push_back(tag.getColumn(0).getString());
        }
        return tiles;
    });
}

Facets Project::facets() const {
    return guardedValue<Facets>(m->file, [&] {
        return Facets{
            facetsOf(*m->db, "SELECT class, count(*) FROM tile WHERE NOT trashed AND class <> '' GROUP BY class ORDER BY class"),
            facetsOf(*m->db, "SELECT model, count(*) FROM tile WHERE NOT trashed GROUP BY model ORDER BY model"),
            facetsOf(*m->db,
                     "SELECT name, count(*) FROM tag JOIN tile ON tile.id = tag.tile WHERE NOT trashed GROUP BY name ORDER BY name")};
    });
}

} // namespace phloxine
