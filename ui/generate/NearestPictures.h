#pragma once
// The picture of the nearest training tile, where the user has named the folder of a model's training tiles: models do not bring them.
#include <map>
#include <memory>

#include <QObject>
#include <QSettings>

#include "ui/bridge/JobBridge.h"

namespace phloxine::ui {

class NearestPictures : public QObject {
    Q_OBJECT
public:
    explicit NearestPictures(JobBridge& bridge, QObject* parent = nullptr);
    void remember(std::unique_ptr<QSettings> settings); // the folders, from now on and from before

    bool hasFolder(const TileRecord& tile) const { return !folderOf(tile).isEmpty(); }
    void setFolder(const TileRecord& tile, const QString& folder); // of the model that made it
    void ask(const TileRecord* tile);                              // null: for nothing, and what is under way is dropped

Q_SIGNALS:
    void found(const QImage& picture, const QString& name);
    void failed(const QString& sentence);

private:
    QString folderOf(const TileRecord& tile) const;

    JobBridge& m_bridge;
    std::unique_ptr<QSettings> m_settings;
    std::map<QString, QString> m_folders; // by model
    quint64 m_job = 0;
};

} // namespace phloxine::ui
