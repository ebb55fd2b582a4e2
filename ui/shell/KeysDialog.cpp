#include "ui/shell/KeysDialog.h"

#include <QAccessibleWidget>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "ui/widgets/keys.h"

namespace phloxine::ui {
namespace {
// Qt gives a field for keys no role: a screen reader would pass over it.
class AccessibleKeys : public QAccessibleWidget {
public:
    explicit AccessibleKeys(QKeySequenceEdit* edit) : QAccessibleWidget(edit, QAccessible::EditableText), m_edit(edit) {}
    QString text(QAccessible::Text kind) const override {
        return kind == QAccessible::Value ? shownKeys({m_edit->keySequence()}) : QAccessibleWidget::text(kind);
    }

private:
    QKeySequenceEdit* m_edit;
};

QAccessibleInterface* accessibleKeys(const QString&, QObject* object) {
    auto* edit = qobject_cast<QKeySequenceEdit*>(object);
    return edit ? new AccessibleKeys(edit) : nullptr;
}

constexpr int actionColumn = 0, placeColumn = 1, keysColumn = 2;
const KeyRow* rowOf(const QTreeWidgetItem* item) { return item ? &keyRows()[item->data(0, Qt::UserRole).toUInt()] : nullptr; }

} // namespace

KeysDialog::KeysDialog(QWidget* parent)
    : QDialog(parent), m_list(new QTreeWidget(this)), m_what(new QLabel(this)), m_objection(new QLabel(this)),
      m_edit(new QKeySequenceEdit(this)), m_set(new QPushButton(tr("Set"), this)), m_reset(new QPushButton(tr("As at first"), this)) {
    static const bool once = (QAccessible::installFactory(accessibleKeys), true);
    (void)once;
    setWindowTitle(tr("Keys"));
    resize(640, 640);
    auto* search = new QLineEdit(this);
    search->setObjectName(QStringLiteral("keySearch"));
    search->setPlaceholderText(tr("Find a key or an action"));
    search->setAccessibleName(tr("Find a key or an action"));
    m_list->setHeaderLabels({tr("Action"), tr("Where"), tr("Keys")});
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAccessibleName(tr("Keys"));
    m_list->header()->setSectionResizeMode(actionColumn, QHeaderView::Stretch);
    m_list->header()->setSectionResizeMode(placeColumn, QHeaderView::ResizeToContents);
    m_list->header()->setSectionResizeMode(keysColumn, QHeaderView::ResizeToContents);
    m_list->header()->setStretchLastSection(false);
    for (std::size_t i = 0; i < keyRows().size(); ++i) {
        auto* item = new QTreeWidgetItem({keyText(keyRows()[i]), keyPlaceText(keyRows()[i].place), QString()});
        item->setData(0, Qt::UserRole, uint(i));
        m_list->addTopLevelItem(item);
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setText(tr("Close"));
    buttons->button(QDialogButtonBox::Close)->setIcon({});
    buttons->button(QDialogButtonBox::Close)->setAutoDefault(false);
    auto* all = buttons->addButton(tr("All as at first"), QDialogButtonBox::ResetRole);
    all->setAutoDefault(false);
    connect(all, &QPushButton::clicked, this, [] { Keys::inUse().resetAll(); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(search, &QLineEdit::textChanged, this, &KeysDialog::filter);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &KeysDialog::showChosen);
    connect(m_list, &QTreeWidget::itemActivated, m_edit, [this] { m_edit->setFocus(Qt::OtherFocusReason); });
    connect(&Keys::inUse(), &Keys::changed, this, &KeysDialog::fill);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    column->addWidget(search);
    column->addWidget(m_list, 1);
    column->addWidget(buildEditor());
    column->addWidget(buttons);
    fill();
    m_list->setCurrentItem(m_list->topLevelItem(0));
    search->setFocus();
}

QWidget* KeysDialog::buildEditor() {
    auto* editor = new QWidget(this);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    m_edit->setAccessibleName(tr("New keys"));
    m_edit->setAccessibleDescription(tr("Press the keys that you want"));
    m_what->setBuddy(m_edit);
    m_set->setAutoDefault(false);
    m_reset->setAutoDefault(false);
    row->addWidget(m_what, 1);
    row->addWidget(m_edit);
    row->addWidget(m_set);
    row->addWidget(m_reset);
    m_objection->setProperty("role", QStringLiteral("secondary"));
    m_objection->setWordWrap(true);
    m_objection->setMinimumHeight(20);
    auto* column = new QVBoxLayout(editor);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addLayout(row);
    column->addWidget(m_objection);
    connect(m_edit, &QKeySequenceEdit::keySequenceChanged, this, &KeysDialog::consider);
    connect(m_set, &QPushButton::clicked, this, &KeysDialog::take);
    connect(m_reset, &QPushButton::clicked, this, [this] {
        if (const auto* row = chosen()) Keys::inUse().reset(row->id);
    });
    return editor;
}

void KeysDialog::fill() {
    for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
        auto* item = m_list->topLevelItem(i);
        const auto* row = rowOf(item);
        item->setText(keysColumn, shownKeys(Keys::inUse().of(row->id)));
        QFont font = m_list->font();
        font.setWeight(Keys::inUse().areDefault(row->id) ? QFont::Normal : QFont::DemiBold);
        item->setFont(keysColumn, font);
    }
    showChosen();
}

const KeyRow* KeysDialog::chosen() const { return rowOf(m_list->currentItem()); }

void KeysDialog::showChosen() {
    const auto* row = chosen();
    m_what->setText(row ? keyText(*row) : QString());
    m_edit->setEnabled(row);
    m_reset->setEnabled(row && !Keys::inUse().areDefault(row->id));
    m_edit->clear();
    consider();
}

void KeysDialog::consider() {
    const auto* row = chosen();
    const auto pressed = m_edit->keySequence();
    if (pressed.count() > 1) return m_edit->setKeySequence(QKeySequence(pressed[0]));
    m_set->setText(tr("Set"));
    m_set->setEnabled(false);
    m_objection->clear();
    if (!row || pressed.isEmpty()) return;
    const KeyRow* taken = nullptr;
    const auto objection = Keys::inUse().objection(row->id, pressed, &taken);
    m_objection->setText(objection);
    m_set->setEnabled(objection.isEmpty() || taken);
    if (taken) m_set->setText(tr("Take it from there"));
}

void KeysDialog::take() {
    if (const auto* row = chosen()) Keys::inUse().set(row->id, {m_edit->keySequence()});
}

void KeysDialog::filter(const QString& text) {
    for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
        QTreeWidgetItem* item = m_list->topLevelItem(i);
        bool found = false;
        for (const int column : {actionColumn, placeColumn, keysColumn}) found |= item->text(column).contains(text, Qt::CaseInsensitive);
        item->setHidden(!found);
    }
}

} // namespace phloxine::ui
