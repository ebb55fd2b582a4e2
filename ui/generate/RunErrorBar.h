#pragma once
// A run that did not end well, over the images until it is closed: what happened, what is safe, one thing to do, details on demand.
#include <QWidget>

#include "ui/bridge/TileRecord.h"
#include "ui/bridge/error_text.h"

class QLabel;
class QPushButton;
class QToolButton;

namespace phloxine::ui {

class IconLabel;

class RunErrorBar : public QWidget {
    Q_OBJECT
public:
    explicit RunErrorBar(QWidget* parent = nullptr);
    void showFailure(const Failure& failure, int tilesSaved, int tilesWanted);

Q_SIGNALS:
    void actionChosen(phloxine::ui::ErrorAction action);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void showDetails(bool shown);

    IconLabel* m_icon;
    QLabel *m_heading, *m_text, *m_details;
    QPushButton *m_action, *m_toggle;
    QToolButton* m_close;
    ErrorAction m_chosen = ErrorAction::None;
};

} // namespace phloxine::ui
