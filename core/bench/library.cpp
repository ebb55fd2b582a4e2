#include "core/bench/library.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <unistd.h>

#include "core/base/Dice.h"
#include "core/base/Error.h"
#include "core/bench/rows.h"
#include "core/image/ImageFile.h"
#include "core/project/Project.h"
#include "core/project/project_state.h"
#include "core/tensor/peak_memory.h"

namespace phloxine {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int tilesInBench = 100'000, pictures = 4, windowTiles = 180; // three screens of cards
constexpr double boundSeconds = 1;
constexpr std::array classes{"lung_scc", "lung_aca", "lung_n", "colon_aca", "colon_n"};

Image picture(int which) { // blots on a ground: compresses about as badly as tissue
    Image image(256, 256);
    Dice dice{std::uint64_t(which)};
    for (auto& byte : image.rgb) byte = std::uint8_t(120 + dice.below(100));
    return image;
}

struct TemporaryFolder {
    fs::path path;
    explicit TemporaryFolder(const fs::path& around) {
        fs::create_directories(around);
        auto name = (around / "library-XXXXXX").string();
        if (!mkdtemp(name.data())) throwFileError(errno, "make", name);
        path = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
};

} // namespace

void makeLibrary(const fs::path& folder, int tiles) {
    for (const auto* part : {"tiles", "trash"}) fs::create_directories(folder / part);
    for (int i = 0; i < pictures; ++i) writePng(folder / ("picture-" + std::to_string(i)), picture(i));
    const auto db = openDatabase(folder / "project.sqlite", false);
    Dice dice{7};
    SQLite::Transaction transaction(*db);
    SQLite::Statement row(*db, "INSERT INTO tile (file, model, model_sha256, class, prompt, seed, width, height, made, composite, star, "
                               "rejected, trashed, nearest, words) VALUES (?, 'lc25000', '', ?, '', ?, 256, 256, ?, 0, ?, ?, 0, ?, ?)");
    SQLite::Statement tag(*db, "INSERT INTO tag (tile, name) VALUES (?, ?)");
    for (int i = 0; i < tiles; ++i) {
        const std::string cls = classes[std::size_t(i) % classes.size()];
        const std::int64_t seed = 412'000'000 + i;
        const auto name = cls + "-" + std::to_string(seed) + ".png";
        const auto from = folder / ("picture-" + std::to_string(i % pictures)), to = folder / "tiles" / name;
        if (::link(from.c_str(), to.c_str()) != 0) fs::create_symlink(from, to); // where a file may not have so many names
        SQLite::bind(row, name, cls, seed, 1'700'000'000'000 + std::int64_t(i) * 1000, int(dice.below(30) == 0), int(dice.below(20) == 0),
                     0.05 + double(dice.below(600)) / 1000, searchWords(cls + " lc25000"));
        row.exec(), row.reset();
        if (dice.below(20) == 0) {
            SQLite::bind(tag, db->getLastInsertRowid(), dice.below(2) ? "blur" : "stain");
            tag.exec(), tag.reset();
        }
    }
    transaction.commit();
}

std::vector<BenchResult> benchLibrary(const BenchOptions& options) {
    const TemporaryFolder folder(options.folder);
    const auto say = [&](const std::string& stage) {
        if (options.progress) options.progress(stage);
    };
    say("Making a project of 100,000 tiles");
    makeLibrary(folder.path, tilesInBench);
    std::vector<BenchResult> results;
    const auto measure = [&](const std::string& name, const std::string& note, const std::function<void()>& work) {
        std::vector<double> seconds;
        for (int run = 0; run < options.runs; ++run) {
            say("Measuring " + name);
            const auto start = Clock::now();
            work();
            seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
        }
        auto result = resultOf("library/" + name, seconds, note);
        result.peakMemoryBytes = peakMemoryBytes();
        results.push_back(std::move(result));
    };
    measure("open", "bound " + std::to_string(int(boundSeconds)) + " s", [&] { const Project project(folder.path); });
    results.back().note += results.back().secondsMedian <= boundSeconds ? ", kept" : ", not kept";
    Project project(folder.path);
    const auto find = [&](const std::string& name, const TileFilter& filter) {
        std::size_t found = 0;
        measure(name, {}, [&] { found = project.find(filter).size(); });
        results.back().note = std::to_string(found) + " found";
    };
    find("all", {});
    TileFilter words, mixed, near, tagged;
    words.words = "lung sc";
    mixed.classes = {"lung_scc", "colon_n"}, mixed.star = true, mixed.rejected = false;
    near.nearestBelow = 0.15, near.order = TileOrder::NearestFirst;
    tagged.tags = {"blur"}, tagged.order = TileOrder::SeedUp;
    find("words", words), find("class-and-star", mixed), find("nearest", near), find("tag", tagged);
    const auto ids = project.find({});
    measure("records", std::to_string(windowTiles) + " records",
            [&] { (void)project.records(std::span(ids).subspan(ids.size() / 2, std::min<std::size_t>(windowTiles, ids.size() / 2))); });
    measure("facets", "classes, models, tags", [&] { (void)project.facets(); });
    bool on = false;
    measure("star-1000", "with the disk", [&] {
        TileMarks marks;
        marks.star = on = !on;
        project.mark(std::span(ids).first(std::min<std::size_t>(1000, ids.size())), marks);
    });
    say("Measuring the window of the library");
    const auto window = windowRows(options, {"gallery", folder.path.string(), std::to_string(tilesInBench)});
    results.insert(results.end(), window.begin(), window.end());
    return results;
}

} // namespace phloxine
