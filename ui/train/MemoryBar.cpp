#include "ui/train/MemoryBar.h"

#include <algorithm>

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/train/words.h"
#include "ui/widgets/ElidingLabel.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/labels.h"

namespace phloxine::ui {

namespace {
constexpr double programBytes = 0.25e9; // the program with LibTorch
constexpr int parts = 4;

// Shades of the accent, the last one grey; each has its word and its number beside it.
QColor partColour(int part) {
    const auto mixed = [](double share) {
        const QColor a = theme().accent, b = theme().surface;
        return QColor::fromRgbF(float(a.redF() * share + b.redF() * (1 - share)), float(a.greenF() * share + b.greenF() * (1 - share)),
                                float(a.blueF() * share + b.blueF() * (1 - share)));
    };
    return part == 3 ? theme().edge : mixed(1 - 0.3 * part);
}

class Key : public QWidget {
public:
    Key(int part, QWidget* parent) : QWidget(parent), m_part(part) { setFixedSize(10, 10); }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.fillRect(rect(), partColour(m_part));
    }

private:
    int m_part;
};
} // namespace

class MemoryBar::Bar : public QWidget {
public:
    using QWidget::QWidget;
    double bytes[parts] = {}, total = 1;

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.fillRect(rect(), theme().track);
        double left = 0;
        const double sum = std::max(total, bytes[0] + bytes[1] + bytes[2] + bytes[3]);
        for (int i = 0; i < parts; ++i) {
            const double right = left + bytes[i] / sum * width();
            if (bytes[i] > 0) painter.fillRect(QRectF(left, 0, std::max(2.0, right - left - 1), height()), partColour(i));
            left = right;
        }
    }
};

MemoryBar::MemoryBar(QWidget* parent) : QWidget(parent), m_bar(new Bar(this)), m_key(new QWidget(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    m_bar->setFixedHeight(20);
    column->addWidget(m_bar);
    auto* grid = new QGridLayout(m_key);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(6);
    grid->setVerticalSpacing(4);
    const QString names[] = {tr("Weights"), tr("Optimiser"), tr("Activations"), tr("Program")};
    const QString hints[] = {tr("The weights of the model and their running means"), tr("Two moments and the gradient of each weight"),
                             tr("What a batch leaves for the way back"), tr("Phloxine itself")};
    for (int i = 0; i < parts; ++i) {
        auto* name = new ElidingLabel(names[i], "secondary", m_key);
        m_amounts[i] = new QLabel(m_key);
        m_amounts[i]->setToolTip(hints[i]);
        grid->addWidget(new Key(i, m_key), i / 2, i % 2 * 4);
        grid->addWidget(name, i / 2, i % 2 * 4 + 1);
        grid->addWidget(m_amounts[i], i / 2, i % 2 * 4 + 2, Qt::AlignRight);
        grid->setColumnStretch(i % 2 * 4 + 1, 1);
    }
    grid->setColumnMinimumWidth(3, 8);
    column->addWidget(m_key);
    auto* row = new QHBoxLayout;
    m_sum = new QLabel(this);
    m_sum->setProperty("role", QStringLiteral("value"));
    m_verdict = new QLabel(this);
    m_verdict->setObjectName(QStringLiteral("memoryVerdict"));
    m_verdict->setWordWrap(true); // in languages of longer words
    m_verdict->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    row->addWidget(m_sum);
    row->addWidget(m_verdict, 1);
    column->addLayout(row);
    m_sentence = new QLabel(this);
    m_sentence->setObjectName(QStringLiteral("memorySentence"));
    m_sentence->setWordWrap(true);
    m_sentence->setTextFormat(Qt::PlainText);
    column->addWidget(m_sentence);
    setSentence(tr("Estimated when the recipe is complete."), false);
}

QString MemoryBar::sentence() const { return m_sentence->isHidden() ? m_verdict->text() : m_sentence->text(); }

void MemoryBar::setSentence(const QString& sentence, bool problem) {
    m_fits = true;
    m_needed = 0;
    for (QWidget* part : std::initializer_list<QWidget*>{m_key, m_sum, m_verdict}) part->hide();
    m_bar->setVisible(!problem);
    std::fill(std::begin(m_bar->bytes), std::end(m_bar->bytes), 0);
    m_bar->update();
    m_sentence->setText(sentence);
    setRole(*m_sentence, problem ? "error" : "secondary");
    m_sentence->show();
    setAccessibleName(sentence);
}

void MemoryBar::setMemory(const TrainingMemory& memory, double totalBytes, double freeBytes) {
    const double bytes[parts] = {double(memory.weights), double(memory.optimiser), double(memory.activations), programBytes};
    const double needed = double(memory.total()) + programBytes;
    for (int i = 0; i < parts; ++i) {
        m_bar->bytes[i] = bytes[i];
        m_amounts[i]->setText(gigabytesText(bytes[i]));
    }
    m_bar->total = std::max(1.0, totalBytes);
    m_bar->update();
    m_needed = needed;
    m_fits = needed <= freeBytes;
    m_sum->setText(tr("%1 of %2").arg(gigabytesText(needed), gigabytesText(totalBytes)));
    m_verdict->setText(m_fits ? tr("fits, %1 free").arg(gigabytesText(freeBytes - needed))
                              : tr("%1 too much").arg(gigabytesText(needed - freeBytes)));
    setRole(*m_verdict, m_fits ? "good" : "error");
    for (QWidget* part : std::initializer_list<QWidget*>{m_bar, m_key, m_sum, m_verdict}) part->show();
    m_sentence->setVisible(!m_fits);
    setRole(*m_sentence, "error");
    if (!m_fits) m_sentence->setText(tr("Use a smaller batch, or close other programs."));
    setAccessibleName(tr("Memory: %1, %2").arg(m_sum->text(), m_verdict->text()));
}

} // namespace phloxine::ui
