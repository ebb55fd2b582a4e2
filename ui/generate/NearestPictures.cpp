#include "ui/generate/NearestPictures.h"

#include "ui/generate/words.h"

namespace phloxine::ui {

namespace {
QString settingOf(const QString& model) { return QStringLiteral("trainingTiles/") + model; }
QString modelOf(const TileRecord& tile) {
    return fromUtf8(tile.request.modelSha256.empty() ? tile.request.model : tile.request.modelSha256);
}
} // namespace

NearestPictures::NearestPictures(JobBridge& bridge, QObject* parent) : QObject(parent), m_bridge(bridge) {
    connect(&bridge, &JobBridge::nearestPicture, this, [this](quint64 id, const QImage& picture, const QString& name) {
        if (id == m_job) Q_EMIT found(picture, name);
    });
    connect(&bridge, &JobBridge::failed, this, [this](quint64 id, const Failure& failure) {
        if (id == m_job) Q_EMIT failed(failure.message);
    });
}

void NearestPictures::remember(std::unique_ptr<QSettings> settings) { m_settings = std::move(settings); }

QString NearestPictures::folderOf(const TileRecord& tile) const {
    const auto known = m_folders.find(modelOf(tile));
    if (known != m_folders.end()) return known->second;
    return m_settings ? m_settings->value(settingOf(modelOf(tile))).toString() : QString();
}

void NearestPictures::setFolder(const TileRecord& tile, const QString& folder) {
    m_folders[modelOf(tile)] = folder;
    if (m_settings) m_settings->setValue(settingOf(modelOf(tile)), folder);
}

void NearestPictures::ask(const TileRecord* tile) {
    if (m_job && m_bridge.queue()) m_bridge.queue()->stop(JobId(m_job), Stop::Now);
    m_job = 0;
    if (!tile || !tile->nearest || !tile->nearest->checked() || !m_bridge.queue()) return;
    const QString folder = folderOf(*tile);
    if (folder.isEmpty()) return;
    m_job = m_bridge.queue()->submit(
        NearestPictureJob{tile->request.model, tile->request.modelSha256, tile->nearest->index, folder.toStdString()});
}

} // namespace phloxine::ui
