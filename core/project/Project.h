#pragma once
// A project: a folder with tiles/, trash/, project.sqlite and marks.jsonl. The PNGs are the truth of what was made, marks.jsonl of what a
// person said about it; the database is an index of both and the queue, and can be made again from them. One program writes at a time;
// a project has one thread at a time.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/Progress.h"

namespace phloxine {

struct TileRecord {
    std::int64_t id = 0;
    std::string file; // below tiles/: "lung_scc-412907733-1f0c7a3e.png"
    std::string model, modelSha256, classId, prompt;
    std::uint64_t seed = 0;
    int widthPx = 0, heightPx = 0;
    std::int64_t madeMs = 0; // since 1970, by the file's date
    bool composite = false;  // made with real pixels
    bool missing = false;    // the file was not there when the folder was last read
    bool star = false, rejected = false, trashed = false;
    std::vector<std::string> tags; // sorted; of artefacts ("blur", "nuclei", "stain", "seam") and a person's own
    std::optional<double> nearest; // distance to the nearest training tile
};

enum class TileOrder { NewestFirst, OldestFirst, NearestFirst, SeedUp };
struct TileFilter {
    std::string words; // each must begin a word of prompt, class, model or tag, whatever the case
    std::vector<std::string> classes, models, tags;
    std::optional<bool> star, rejected;
    std::optional<std::uint64_t> seed;
    std::int64_t fromMs = 0, untilMs = std::numeric_limits<std::int64_t>::max();
    double nearestBelow = std::numeric_limits<double>::infinity(); // tiles without a distance only where this is infinite
    bool trash = false;                                            // what lies in the trash, instead of what does not
    TileOrder order = TileOrder::NewestFirst;
};

struct Facet { // a value that occurs, and how often outside the trash
    std::string value;
    int tiles = 0;
};
struct Facets {
    std::vector<Facet> classes, models, tags;
};

struct TileMarks { // what is not set stays
    std::optional<bool> star, rejected;
    std::vector<std::string> addTags, removeTags;
};

enum class StoredState { Waiting, Running, Paused, Finished, Stopped, Failed };
struct StoredJob { // of the queue and its history
    std::int64_t id = 0;
    std::string kind, title; // "generate"
    std::string value;       // the request or plan, as JSON
    StoredState state = StoredState::Waiting;
    std::string message;     // why it failed
    int done = 0, count = 0; // tiles
    std::int64_t addedMs = 0, endedMs = 0;
};

struct FoundTiles { // what reading the folder changed
    int added = 0, missing = 0, back = 0;
    std::vector<std::string> faults; // "x.png: ...", files that are no tile of Phloxine
};

// What to do with a project that another program has open: refuse, or show what is in it as it stands now.
enum class WhenLocked { Fail, Read };

class Project {
public:
    // Opens, or makes. A damaged database is set aside and made again from the PNGs; a folder that cannot be written is opened for reading
    // alone. `notice` gets one sentence for each. Error(Unsupported) of a newer Phloxine, Busy of another program, NotFound.
    explicit Project(const std::filesystem::path& folder, const ProgressHook& progress = {},
                     const std::function<void(const std::string&)>& notice = {}, WhenLocked whenLocked = WhenLocked::Fail);
    ~Project();
    Project(const Project&) = delete;
    Project& operator=(const Project&) = delete;
    static bool isOne(const std::filesystem::path& folder);

    const std::filesystem::path& folder() const;
    std::filesystem::path tilesFolder() const;
    std::filesystem::path fileOf(const TileRecord& tile) const; // in tiles/ or trash/
    bool readOnly() const;

    // A PNG of this program in tiles/. Known already: its id. Error(NotFound | Corrupt).
    std::int64_t add(const std::filesystem::path& file);
    FoundTiles readFolder(const ProgressHook& progress = {}); // files that came or went while nobody looked

    std::vector<std::int64_t> find(const TileFilter& filter) const;           // ids in order
    std::vector<TileRecord> records(std::span<const std::int64_t> ids) const; // in the order of ids; unknown ones are left out
    Facets facets() const;

    // Error(ReadOnly) of all below where the project is open for reading alone.
    void mark(std::span<const std::int64_t> ids, const TileMarks& marks);
    void setNearest(std::int64_t id, double distance);
    void moveToTrash(std::span<const std::int64_t> ids);
    void restore(std::span<const std::int64_t> ids);
    int emptyTrash(); // tiles deleted for good

    std::vector<StoredJob> jobs() const;       // in the order of the queue, then the history, newest first
    std::int64_t addJob(const StoredJob& job); // behind the others
    void updateJob(const StoredJob& job);      // all but its place
    void moveJob(std::int64_t id, int place);  // among those that wait
    void removeJob(std::int64_t id);

private:
    struct State;
    std::unique_ptr<State> m;
};

} // namespace phloxine
