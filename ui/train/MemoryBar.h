#pragma once
// What a training would hold in memory, part by part, against what this machine has.
#include <QWidget>

#include "ui/bridge/TrainingMemory.h"

class QLabel;

namespace phloxine::ui {

class MemoryBar : public QWidget {
    Q_OBJECT
public:
    explicit MemoryBar(QWidget* parent = nullptr);
    void setMemory(const TrainingMemory& memory, double totalBytes, double freeBytes);
    void setSentence(const QString& sentence, bool problem); // instead of an estimate
    bool fits() const { return m_fits; }
    double needed() const { return m_needed; } // bytes; 0 while it is not known
    QString sentence() const;

private:
    class Bar;
    Bar* m_bar;
    QWidget* m_key;
    QLabel *m_amounts[4], *m_sum, *m_verdict, *m_sentence;
    bool m_fits = true;
    double m_needed = 0;
};

} // namespace phloxine::ui
