#pragma once
// Opens a slide and reads its tiles on two threads of its own, each with its own SlideSource, so that the GUI thread never waits for a
// file. Functions are called, and signals arrive, on the GUI thread. A slide stays current until the next one has opened.
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <QObject>
#include <QString>

#include "core/base/Error.h"
#include "core/slide/SlideSource.h"
#include "core/slide/colour_profile.h"
#include "ui/bridge/Mailbox.h"
#include "ui/viewer/TilePyramid.h"
#include "ui/viewer/ViewLight.h"

namespace phloxine::ui {

// A file, or "synthetic:WIDTHxHEIGHT" for tests. Throws what phloxine::openSlide() throws.
std::unique_ptr<SlideSource> openSource(const QString& path);

class SlideReader : public QObject {
    Q_OBJECT
public:
    explicit SlideReader(QObject* parent = nullptr);
    ~SlideReader() override; // waits for the read in progress

    // A file, or "synthetic:WIDTHxHEIGHT" for tests. Returns the number of this opening; only the latest one is reported.
    int open(const QString& path);
    void close();

    // What is wanted of the slide now, first things first. Replaces what was asked before and is not being read yet.
    void request(int slide, const std::vector<TileKey>& keys);
    // Of tiles whose key has this number; those of older numbers stay neutral. `profiled`: in the colours that the scanner's profile means.
    void setLight(int number, const ViewLight& light, bool profiled);

Q_SIGNALS:
    void opened(int slide, const phloxine::SlideInfo& info, bool hasProfile);
    void openFailed(int slide, phloxine::ErrorCode code, const QString& message);
    void overviewRead(int slide, const QImage& overview, const QImage& profiled);        // null where the slide brings no profile
    void tileRead(const phloxine::ui::TileKey& key, const QImage& tile, int unreadable); // unreadable: new bad reads that it cost
    void tileFailed(const phloxine::ui::TileKey& key, phloxine::ErrorCode code);

private:
    struct Opening {
        int slide = 0;
        QString path;
    };
    struct Worker; // what one thread holds: its SlideSource

    void work();
    void openSource(Worker& worker, const Opening& opening);
    bool renewSource(Worker& worker, int slide, const QString& path);
    void readOverview(Worker& worker);
    void readOne(Worker& worker, const TileKey& key);
    bool stillWanted(const TileKey& key);
    QImage inLight(const QImage& raw, const TileKey& key);
    std::shared_ptr<const ColourProfile> profileOf(int slide);

    Mailbox m_reports;  // to the GUI thread
    std::mutex m_mutex; // guards all below
    std::condition_variable m_somethingToDo;
    std::optional<Opening> m_toOpen;
    int m_latest = 0; // number of the latest opening; 0 is never used
    Opening m_current;
    bool m_overviewWanted = false;
    std::deque<TileKey> m_queue;
    std::vector<TileKey> m_wanted, m_inFlight;
    ViewLight m_light;
    int m_lightNumber = 0;
    bool m_profiled = false;
    std::shared_ptr<const ColourProfile> m_profile; // of the current slide; null: none
    bool m_quit = false;

    std::vector<std::thread> m_threads;
};

} // namespace phloxine::ui
