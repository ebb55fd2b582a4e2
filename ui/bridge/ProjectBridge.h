#pragma once
// The project that is open, on a thread of its own: nothing of it is read or written on the GUI thread. What is asked is done in order;
// answers arrive on the thread of this object, unless the one who asked has gone or another project was opened meanwhile.
#include <functional>
#include <memory>

#include <QObject>
#include <QPointer>

#include "core/project/Project.h"
#include "ui/bridge/TileRecord.h"

namespace phloxine::ui {

class ProjectBridge : public QObject {
    Q_OBJECT
public:
    explicit ProjectBridge(QObject* parent = nullptr);
    ~ProjectBridge() override; // does what was asked, and closes the project

    void open(const QString& folder); // makes what is not there; the old project stays open until the new one is
    bool isOpen() const { return m_open; }
    bool isReadOnly() const { return m_readOnly; }
    QString folder() const { return m_folder; } // empty: none is open, or being opened for the first time
    QString tilesFolder() const;                // where tiles that are made now belong; empty where nothing can be saved

    // `work` runs on the project's thread, `reply` gets its value here. Nothing happens while no project is open; what `work` throws is
    // reported by failed().
    template <typename Work, typename Reply>
    void ask(QObject* context, Work work, Reply reply) {
        post(
            [this, context = QPointer<QObject>(context), work = std::move(work), reply = std::move(reply)](Project& project, quint64 life) {
                auto value = std::make_shared<decltype(work(project))>(work(project));
                deliver([this, context, reply, value, life] {
                    if (context && life == m_life) reply(*value);
                });
            });
    }
    void tell(std::function<void(Project&)> work);   // the same without an answer
    void change(std::function<void(Project&)> work); // and changed() afterwards

    void addTile(const QString& file);                     // that has just been saved in tilesFolder()
    void setNearest(const QString& file, double distance); // of a tile that was added

Q_SIGNALS:
    void opening(const QString& folder);
    void progress(double fraction);          // of taking in files while a project opens
    void opened(const QStringList& notices); // what had to be done to open it
    void openFailed(const QString& folder, const phloxine::ui::Failure& failure);
    void changed(); // tiles came, went or were marked
    void failed(const phloxine::ui::Failure& failure);

private:
    struct Thread;
    void post(std::function<void(Project&, quint64 life)> work);
    void deliver(std::function<void()> answer);
    void report(const Failure& failure);

    std::unique_ptr<Thread> m_thread;
    QString m_folder;
    bool m_open = false, m_readOnly = false;
    quint64 m_life = 0; // counts the projects that were open
};

} // namespace phloxine::ui
