#pragma once
// A few choices in one row, of which exactly one is on. To a screen reader a group of radio buttons. Tab enters at the chosen segment,
// the arrow keys choose.
#include <QStringList>
#include <QWidget>

class QAbstractButton;
class QButtonGroup;

namespace phloxine::ui {

class SegmentedControl : public QWidget {
    Q_OBJECT
public:
    explicit SegmentedControl(const QStringList& labels, QWidget* parent = nullptr);
    int currentIndex() const;
    void setCurrentIndex(int index);
    int count() const;
    QAbstractButton* button(int index) const;
    void setSegmentEnabled(int index, bool enabled, const QString& why = {}); // `why` becomes the tooltip of a disabled one

Q_SIGNALS:
    void currentChanged(int index);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void step(int direction);
    void moveTabStop();

    QButtonGroup* m_group;
    int m_last = 0;
};

} // namespace phloxine::ui
