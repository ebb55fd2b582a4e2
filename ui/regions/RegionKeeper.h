#pragma once
// Keeps the regions of the open slide beside the project, after each edit, and brings them back when the slide is opened again. All of it
// on a thread of its own, in order; what is still to be written at the end is written before this goes.
#include <QObject>
#include <QSizeF>
#include <QStringList>

#include "ui/bridge/Background.h"
#include "ui/regions/RegionDocument.h"
#include "ui/regions/region_labels.h"

namespace phloxine::ui {

class RegionKeeper : public QObject {
    Q_OBJECT
public:
    explicit RegionKeeper(QObject* parent = nullptr);

    void setSecretFile(const QString& file) { m_secretFile = file; } // the key of hashed ids; without one it lasts for this session
    void setProject(const QString& folder, bool readOnly);           // empty: regions stay in memory
    void open(QString slide, QSizeF size);                           // answered by opened() or failed()
    void close();
    void keep(const RegionList& regions); // of the open slide
    void keepLabels(const std::vector<RegionLabel>& own);

    QString slideKey() const { return m_slideKey; } // empty until the slide was looked at
    std::string secret() const { return m_secret; }
    int pending() const { return m_pending; } // things that are being read or written

Q_SIGNALS:
    void opened(const phloxine::ui::RegionList& kept, const std::vector<phloxine::ui::RegionLabel>& labels, const QStringList& notices);
    void failed(const QString& sentence); // said once for each project

private:
    void fail(const QString& sentence);

    QString m_secretFile, m_project, m_slide, m_slideKey;
    std::string m_secret;
    QSizeF m_size;
    bool m_readOnly = false, m_told = false, m_unwritten = false;
    RegionList m_waiting; // edits from before the slide was looked at
    quint64 m_opening = 0;
    int m_pending = 0;
    std::shared_ptr<std::atomic<quint64>> m_latest = std::make_shared<std::atomic<quint64>>(0); // of what is to be written
    Background m_io; // last: its work is done before the rest goes
};

} // namespace phloxine::ui
