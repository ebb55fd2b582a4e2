#include "ui/library/ThumbnailStore.h"

#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "core/image/ImageFile.h"
#include "ui/viewer/TilePyramid.h"

namespace phloxine::ui {

namespace {
constexpr int coarseSide = 8;
constexpr std::size_t mostCoarse = 200'000; // 256 bytes each
} // namespace

struct ThumbnailStore::Shared {
    struct Entry {
        QImage image;
        std::list<std::int64_t>::iterator used;
    };
    mutable std::mutex mutex;
    std::condition_variable wake;
    qint64 limit = 0, bytes = 0;
    int side = 128, reads = 0;
    quint64 life = 0; // counts clear() and setSide(): what was being read then is not kept
    bool quit = false, told = false;
    std::vector<Wanted> wanted;             // the next at the end
    mutable std::list<std::int64_t> recent; // the newest first
    mutable std::unordered_map<std::int64_t, Entry> pictures;
    std::unordered_map<std::int64_t, QImage> coarse;
    std::unordered_set<std::int64_t> bad;
    std::thread thread;

    void keep(std::int64_t id, const QImage& image) {
        recent.push_front(id);
        pictures[id] = {image, recent.begin()};
        bytes += image.sizeInBytes();
        if (coarse.size() >= mostCoarse) coarse.clear();
        coarse[id] = image.scaled(coarseSide, coarseSide, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
        while (bytes > limit && pictures.size() > 1) {
            const auto oldest = pictures.find(recent.back());
            bytes -= oldest->second.image.sizeInBytes();
            pictures.erase(oldest);
            recent.pop_back();
        }
    }
    void drop() {
        pictures.clear(), recent.clear(), wanted.clear(), bad.clear();
        bytes = 0, ++life;
    }
    void work(ThumbnailStore* store);
};

void ThumbnailStore::Shared::work(ThumbnailStore* store) {
    std::unique_lock lock(mutex);
    for (;;) {
        wake.wait(lock, [this] { return quit || !wanted.empty(); });
        if (quit) return;
        const Wanted next = std::move(wanted.back());
        wanted.pop_back();
        if (pictures.contains(next.id) || bad.contains(next.id)) continue;
        const auto turn = life;
        const int wantedSide = side;
        lock.unlock();
        QImage image;
        try {
            image = toQImage(readPng(next.file).image)
                        .scaled(wantedSide, wantedSide, Qt::KeepAspectRatio, Qt::SmoothTransformation)
                        .convertToFormat(QImage::Format_RGB32);
        } catch (const std::exception&) {} // shown as a tile without a picture
        lock.lock();
        ++reads;
        if (turn != life) continue;
        if (image.isNull()) bad.insert(next.id);
        else keep(next.id, image);
        if (told) continue; // one message for all that come before it is heard
        told = true;
        QMetaObject::invokeMethod(store, &ThumbnailStore::ready, Qt::QueuedConnection);
    }
}

ThumbnailStore::ThumbnailStore(qint64 limitBytes, QObject* parent) : QObject(parent), m(std::make_shared<Shared>()) {
    m->limit = limitBytes;
    m->thread = std::thread([this] { m->work(this); });
}

ThumbnailStore::~ThumbnailStore() {
    {
        const std::lock_guard lock(m->mutex);
        m->quit = true;
    }
    m->wake.notify_one();
    m->thread.join();
}

void ThumbnailStore::setSide(int pixels) {
    const std::lock_guard lock(m->mutex);
    if (m->side == pixels) return;
    m->side = pixels;
    m->drop();
}

QImage ThumbnailStore::picture(std::int64_t id, bool* exact) const {
    const std::lock_guard lock(m->mutex);
    m->told = false; // the message was heard: somebody looks
    const auto found = m->pictures.find(id);
    if (exact) *exact = found != m->pictures.end();
    if (found != m->pictures.end()) {
        m->recent.splice(m->recent.begin(), m->recent, found->second.used);
        return found->second.image;
    }
    const auto rough = m->coarse.find(id);
    return rough == m->coarse.end() ? QImage() : rough->second;
}

bool ThumbnailStore::failed(std::int64_t id) const {
    const std::lock_guard lock(m->mutex);
    return m->bad.contains(id);
}

void ThumbnailStore::want(std::vector<Wanted> wanted) {
    {
        const std::lock_guard lock(m->mutex);
        m->wanted.assign(std::make_move_iterator(wanted.rbegin()), std::make_move_iterator(wanted.rend()));
        m->told = false;
    }
    m->wake.notify_one();
}

void ThumbnailStore::clear() {
    const std::lock_guard lock(m->mutex);
    m->drop();
    m->coarse.clear();
}

qint64 ThumbnailStore::bytes() const {
    const std::lock_guard lock(m->mutex);
    return m->bytes;
}

int ThumbnailStore::reads() const {
    const std::lock_guard lock(m->mutex);
    return m->reads;
}

int ThumbnailStore::waiting() const {
    const std::lock_guard lock(m->mutex);
    return int(m->wanted.size());
}

} // namespace phloxine::ui
