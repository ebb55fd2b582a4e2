#pragma once
// Pictures of tiles, read and shrunk on a thread of its own and kept within a limit of bytes. What was dropped leaves a coarse picture of
// 8 x 8 behind, which is shown until it is read again. Only what was asked for last is read.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include <QImage>
#include <QObject>

namespace phloxine::ui {

class ThumbnailStore : public QObject {
    Q_OBJECT
public:
    struct Wanted {
        std::int64_t id = 0;
        std::filesystem::path file;
    };
    explicit ThumbnailStore(qint64 limitBytes, QObject* parent = nullptr);
    ~ThumbnailStore() override;

    void setSide(int pixels); // of the pictures; others than before are dropped
    // The picture, a coarse one, or none yet. `exact` tells which.
    QImage picture(std::int64_t id, bool* exact = nullptr) const;
    bool failed(std::int64_t id) const;    // its file cannot be read
    void want(std::vector<Wanted> wanted); // in this order, instead of what was wanted before
    void clear();                          // another project
    qint64 bytes() const;                  // of the exact pictures
    int reads() const;                     // files read so far
    int waiting() const;

Q_SIGNALS:
    void ready(); // there are new pictures

private:
    struct Shared;
    std::shared_ptr<Shared> m;
};

} // namespace phloxine::ui
