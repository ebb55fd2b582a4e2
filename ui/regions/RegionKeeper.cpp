#include "ui/regions/RegionKeeper.h"

#include "core/base/Error.h"
#include "core/base/Sha256.h"
#include "core/base/keyed_hash.h"
#include "core/region/region_store.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {

struct Looked { // at a slide and what is kept of it
    std::string key, secret;
    RegionList regions;
    std::vector<RegionLabel> labels;
    QStringList notices;
};

Looked lookAt(const std::filesystem::path& slide, const std::filesystem::path& project, const std::filesystem::path& secretFile,
              QSizeF size, std::string secret) {
    Looked looked;
    looked.secret = std::move(secret);
    if (looked.secret.empty()) try {
            looked.secret = secretFile.empty() ? randomKey() : ownKey(secretFile);
        } catch (const Error& e) { // hashes of this session only
            looked.secret = randomKey();
            looked.notices.append(fromUtf8(e.what()));
        }
    const auto word = slide.string();
    looked.key = word.starts_with("synthetic:") ? sha256(word).substr(0, 32) : slideKey(slide); // the former in tests
    if (project.empty()) return looked;
    auto kept = keptRegions(project, looked.key);
    for (auto& region : kept.regions) looked.regions.push_back(shownRegion(std::move(region), size));
    for (const auto& notice : kept.notices) looked.notices.append(fromUtf8(notice));
    for (const auto& label : keptLabels(project)) {
        const QString name = fromUtf8(label.name);
        looked.labels.push_back({name, name, codeOf(name), QColor(fromUtf8(label.colour)), false});
    }
    return looked;
}

} // namespace

RegionKeeper::RegionKeeper(QObject* parent) : QObject(parent), m_io(1) {}

void RegionKeeper::setProject(const QString& folder, bool readOnly) {
    if (folder == m_project && readOnly == m_readOnly) return;
    m_project = folder, m_readOnly = readOnly, m_told = false;
    if (!m_slide.isEmpty()) open(m_slide, m_size);
}

void RegionKeeper::close() {
    m_slide.clear();
    m_slideKey.clear();
    m_unwritten = false;
    ++m_opening;
}

void RegionKeeper::open(QString slide, QSizeF size) { // a copy: closing forgets the old one
    close();
    m_slide = slide, m_size = size;
    m_latest = std::make_shared<std::atomic<quint64>>(0); // of this slide: what waits of the last one is written all the same
    ++m_pending;
    m_io.run([slide = std::filesystem::path(slide.toStdString()), project = std::filesystem::path(m_project.toStdString()),
              secretFile = std::filesystem::path(m_secretFile.toStdString()), size,
              secret = m_secret](const Background::Stop&) { return lookAt(slide, project, secretFile, size, secret); },
             [this, opening = m_opening](Looked& looked) {
                 --m_pending;
                 m_secret = looked.secret;
                 if (opening != m_opening) return;
                 m_slideKey = fromUtf8(looked.key);
                 Q_EMIT opened(looked.regions, looked.labels, looked.notices);
                 if (m_unwritten) keep(m_waiting);
             },
             [this, opening = m_opening](const Failure& failure) {
                 --m_pending;
                 if (opening == m_opening) Q_EMIT failed(failure.message);
             });
}

void RegionKeeper::fail(const QString& sentence) {
    if (std::exchange(m_told, true)) return;
    Q_EMIT failed(sentence);
}

void RegionKeeper::keep(const RegionList& regions) {
    if (m_slide.isEmpty()) return;
    if (m_slideKey.isEmpty()) {
        m_waiting = regions, m_unwritten = true;
        return;
    }
    m_unwritten = false;
    m_waiting.clear();
    if (m_project.isEmpty() || m_readOnly)
        return fail(m_project.isEmpty()
                        ? tr("No project is open, so regions are kept in memory until Phloxine ends. Export them to keep them.")
                        : tr("This project can only be read, so regions are kept in memory until Phloxine ends. Export "
                             "them to keep them."));
    const quint64 number = ++*m_latest;
    ++m_pending;
    m_io.run(
        [regions, number, latest = m_latest, project = std::filesystem::path(m_project.toStdString()),
         key = m_slideKey.toStdString()](const Background::Stop&) {
            if (number != *latest) return false; // a newer state of this slide waits behind this one
            std::vector<Region> values;
            values.reserve(regions.size());
            for (const auto& region : regions) values.push_back(region->region);
            keepRegions(project, key, values);
            return true;
        },
        [this](bool) {
            --m_pending;
            m_told = false;
        },
        [this](const Failure& failure) {
            --m_pending;
            fail(tr("Regions cannot be kept beside the project, and stay in memory until Phloxine ends. Export them to keep them. (%1)")
                     .arg(failure.message));
        });
}

void RegionKeeper::keepLabels(const std::vector<RegionLabel>& own) {
    if (m_project.isEmpty() || m_readOnly) return;
    std::vector<OwnLabel> labels;
    for (const auto& label : own) labels.push_back({label.name.toStdString(), label.colour.name().toUpper().toStdString()});
    ++m_pending;
    m_io.run(
        [labels, project = std::filesystem::path(m_project.toStdString())](const Background::Stop&) {
            phloxine::keepLabels(project, labels);
            return true;
        },
        [this](bool) { --m_pending; }, [this](const Failure&) { --m_pending; }); // the regions say what is wrong
}

} // namespace phloxine::ui
