#include "ui/widgets/SideDrawer.h"

#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QShortcut>
#include <QToolButton>

#include "ui/widgets/Icon.h"
#include "ui/widgets/Note.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr int stripWidth = 36, buttonSide = 28;

QHBoxLayout* plainRow(QWidget* widget) {
    auto* row = new QHBoxLayout(widget);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    return row;
}
} // namespace

SideDrawer::SideDrawer(QWidget* column, const QString& name, QWidget* page) : QWidget(page), m_page(page), m_column(column), m_name(name) {
    m_strip = new QWidget(this);
    m_strip->setFixedWidth(stripWidth);
    m_strip->setProperty("panel", 99); // F6 reaches it last
    auto* in = new QVBoxLayout(m_strip);
    in->setContentsMargins((stripWidth - buttonSide) / 2, 10, 0, 0);
    m_button = new QToolButton(m_strip);
    m_button->setObjectName(QStringLiteral("drawerButton"));
    m_button->setAutoRaise(true);
    m_button->setFixedSize(buttonSide, buttonSide);
    in->addWidget(m_button);
    in->addStretch(1);
    m_sheet = new QFrame(page);
    m_sheet->setAttribute(Qt::WA_StyledBackground);
    m_sheet->setProperty("ground", QStringLiteral("panel"));
    plainRow(m_sheet)->addWidget(separatorLine(m_sheet, true));
    m_sheet->hide();
    auto* row = plainRow(this);
    row->addWidget(column);
    row->addWidget(m_strip);
    m_strip->hide();
    connect(m_button, &QToolButton::clicked, this, [this] { setOpen(!isOpen()); });
    connect(new QShortcut(Qt::Key_Escape, m_sheet, nullptr, nullptr, Qt::WidgetWithChildrenShortcut), &QShortcut::activated, this, [this] {
        setOpen(false);
        m_button->setFocus();
    });
    page->installEventFilter(this);
    for (Note* note : column->findChildren<Note*>()) {
        note->installEventFilter(this);
        connect(note, &Note::textChanged, this, [this, note] {
            if (!note->isHidden()) setOpen(true);
        });
    }
    showButton();
}

bool SideDrawer::isOpen() const { return m_drawer && !m_sheet->isHidden(); }

void SideDrawer::setOpen(bool open) {
    if (!m_drawer || open == isOpen()) return;
    m_sheet->setVisible(open);
    arrange();
    showButton();
}

bool SideDrawer::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_page && event->type() == QEvent::Resize) arrange();
    if (watched != m_page && event->type() == QEvent::ShowToParent) setOpen(true); // a note
    return QWidget::eventFilter(watched, event);
}

void SideDrawer::arrange() {
    const bool drawer = m_page->width() < roomyPx;
    if (drawer != m_drawer) {
        m_drawer = drawer;
        m_sheet->hide();
        QWidget* home = drawer ? static_cast<QWidget*>(m_sheet) : this;
        auto* row = static_cast<QHBoxLayout*>(home->layout());
        row->insertWidget(drawer ? 1 : 0, m_column); // gives it another parent
        m_column->show();
        m_strip->setVisible(drawer);
        showButton();
    }
    if (!drawer) return;
    const int width = m_column->minimumWidth() + 1; // and its line
    m_sheet->setGeometry(m_page->width() - stripWidth - width, 0, width, m_page->height());
    m_sheet->raise();
}

void SideDrawer::showButton() {
    m_button->setIcon(icon(isOpen() ? "layout-sidebar-right-collapse" : "layout-sidebar-right-expand"));
    m_button->setToolTip(isOpen() ? tr("Hide: %1").arg(m_name) : tr("Show: %1").arg(m_name));
    m_button->setAccessibleName(m_button->toolTip());
}

} // namespace phloxine::ui
