#pragma once
// The row at the lower edge: the device, the running job with its bar and a way to cancel it, and that nothing leaves this computer.
#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace phloxine::ui {

class StatusRow : public QWidget {
    Q_OBJECT
public:
    explicit StatusRow(QWidget* parent = nullptr);
    void setDevice(const QString& name);
    void setJob(const QString& text, double fraction); // fraction -1 = idle, the text stays as the last news

Q_SIGNALS:
    void cancelRequested();

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void recolor();

    QLabel *m_deviceIcon, *m_device, *m_job, *m_offlineIcon;
    QWidget* m_separator;
    QProgressBar* m_bar;
    QToolButton* m_cancel;
};

} // namespace phloxine::ui
