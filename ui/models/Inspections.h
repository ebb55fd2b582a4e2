#pragma once
// What the worker has found in model folders and files, by path. Reading one may take long, so each is asked for once; a question that is
// no longer wanted leaves the queue.
#include <map>

#include <QObject>

#include "ui/bridge/ModelFindings.h"
#include "ui/bridge/TileRecord.h"

namespace phloxine::ui {

class JobBridge;

struct Inspection {
    enum State { Waiting, Reading, Found, Failed };
    State state = Waiting;
    ModelFindings findings;
    Failure failure;
};

class Inspections : public QObject {
    Q_OBJECT
public:
    explicit Inspections(JobBridge& bridge, QObject* parent = nullptr);
    const Inspection* find(const QString& path) const; // null: never asked for
    void want(const QString& path);                    // asks, unless it is known or on its way
    void wantAgain(const QString& path);

Q_SIGNALS:
    void changed(const QString& path);

private:
    void set(quint64 job, Inspection::State state);
    void drop(quint64 job);

    JobBridge& m_bridge;
    std::map<QString, Inspection> m_known;
    std::map<quint64, QString> m_jobs; // those that have not ended
};

} // namespace phloxine::ui
