#include "ui/models/Inspections.h"

#include "ui/bridge/JobBridge.h"

namespace phloxine::ui {

Inspections::Inspections(JobBridge& bridge, QObject* parent) : QObject(parent), m_bridge(bridge) {
    connect(&bridge, &JobBridge::started, this, [this](quint64 id) { set(id, Inspection::Reading); });
    connect(&bridge, &JobBridge::inspected, this, [this](quint64 id, const ModelFindings& findings) {
        const auto job = m_jobs.find(id);
        if (job == m_jobs.end()) return;
        m_known[job->second].findings = findings;
        set(id, Inspection::Found);
    });
    connect(&bridge, &JobBridge::finished, this, [this](quint64 id) { m_jobs.erase(id); });
    connect(&bridge, &JobBridge::cancelled, this, &Inspections::drop);
    connect(&bridge, &JobBridge::failed, this, [this](quint64 id, const Failure& failure) {
        const auto job = m_jobs.find(id);
        if (job == m_jobs.end()) return;
        m_known[job->second].failure = failure;
        set(id, Inspection::Failed);
        m_jobs.erase(id);
    });
}

const Inspection* Inspections::find(const QString& path) const {
    const auto it = m_known.find(path);
    return it == m_known.end() ? nullptr : &it->second;
}

void Inspections::want(const QString& path) {
    if (path.isEmpty() || !m_bridge.queue()) return;
    for (const auto& [job, other] : m_jobs)
        if (other != path && m_known[other].state == Inspection::Waiting) m_bridge.queue()->stop(JobId(job), Stop::Now);
    if (find(path)) return;
    m_known[path] = {};
    m_jobs[m_bridge.queue()->submit(InspectJob{path.toStdString()})] = path;
    Q_EMIT changed(path);
}

void Inspections::wantAgain(const QString& path) {
    if (const Inspection* known = find(path); known && known->state != Inspection::Found && known->state != Inspection::Failed) return;
    m_known.erase(path);
    want(path);
}

void Inspections::set(quint64 job, Inspection::State state) {
    const auto it = m_jobs.find(job);
    if (it == m_jobs.end()) return;
    m_known[it->second].state = state;
    Q_EMIT changed(QString(it->second));
}

void Inspections::drop(quint64 job) {
    const auto it = m_jobs.find(job);
    if (it == m_jobs.end()) return;
    const QString path = it->second;
    m_jobs.erase(it);
    m_known.erase(path);
    Q_EMIT changed(path);
}

} // namespace phloxine::ui
