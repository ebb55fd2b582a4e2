#include "ui/widgets/TokenMeter.h"

#include <algorithm>
#include <vector>

#include <QLocale>
#include <QPainter>

#include "ui/widgets/Theme.h"

namespace phloxine::ui {
namespace {

constexpr int lineHeight = 20, barTop = 24, barHeight = 8, marksTop = 36, marksHeight = 16;

} // namespace

TokenMeter::TokenMeter(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setTokens(0, 0, 77, 77);
}

void TokenMeter::setTokens(int count, int trained, int window, int limit) {
    m_count = count, m_trained = trained, m_window = window, m_limit = std::max(limit, 1);
    setAccessibleName(tr("Length of the prompt"));
    setAccessibleDescription(tr("%1, %2").arg(countText(), sentence()));
    setToolTip(m_trained > 0 ? tr("The model was trained with prompts of up to %1 tokens.").arg(m_trained) : QString());
    update();
}

QString TokenMeter::countText() const { return m_count == 1 ? tr("1 token") : tr("%1 tokens").arg(locale().toString(m_count)); }

QString TokenMeter::sentence() const {
    if (m_count > m_limit) {
        const int cut = m_count - m_limit;
        return cut == 1 ? tr("the last token is cut") : tr("the last %1 tokens are cut").arg(locale().toString(cut));
    }
    if (m_count <= m_window) return tr("fits one window of this model");
    const int windows = (m_count + m_window - 1) / std::max(m_window, 1);
    return windows == 2 ? tr("uses two windows") : tr("uses %1 windows").arg(locale().toString(windows));
}

QSize TokenMeter::sizeHint() const { return {240, marksTop + marksHeight}; }

QSize TokenMeter::minimumSizeHint() const { return {160, marksTop + marksHeight}; }

QFont TokenMeter::smallFont(QFont::Weight weight, int px) const {
    QFont result = font();
    result.setPixelSize(px);
    result.setWeight(weight);
    return result;
}

void TokenMeter::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool over = m_count > m_limit;
    painter.setFont(smallFont(QFont::DemiBold, 12));
    painter.setPen(theme().text);
    const QString count = countText();
    painter.drawText(QRect(0, 0, width(), lineHeight), Qt::AlignLeft | Qt::AlignVCenter, count);
    const int left = painter.fontMetrics().horizontalAdvance(count) + 8;
    painter.setFont(smallFont(over ? QFont::Medium : QFont::Normal, 12));
    painter.setPen(over ? theme().warn : theme().text2);
    const QString rest = painter.fontMetrics().elidedText(sentence(), Qt::ElideRight, width() - left);
    painter.drawText(QRect(left, 0, width() - left, lineHeight), Qt::AlignLeft | Qt::AlignVCenter, rest);
    paintBar(painter, barTop);
    paintMarks(painter, marksTop);
}

// The window is one where the limit lies behind it, the length of training where it says more than these.
std::vector<TokenMeter::Mark> TokenMeter::marks() const {
    std::vector<Mark> marks;
    if (m_trained > 0 && m_trained < m_limit) marks.push_back({m_trained, tr("%1 trained").arg(m_trained)});
    if (m_window < m_limit && m_window != m_trained) marks.push_back({m_window, tr("%1 window").arg(m_window)});
    marks.push_back({m_limit, tr("%1 limit").arg(m_limit)});
    std::sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.at < b.at; });
    return marks;
}

double TokenMeter::xOf(int tokens) const {
    constexpr double behindLimit = 1.05; // a little room, so that its mark can be seen
    return std::min(1.0, tokens / (m_limit * behindLimit)) * width();
}

void TokenMeter::paintBar(QPainter& painter, int top) const {
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme().track);
    painter.drawRoundedRect(QRectF(0, top, width(), barHeight), 4, 4);
    painter.setBrush(m_count > m_limit ? theme().warn : theme().accent);
    if (m_count > 0) painter.drawRoundedRect(QRectF(0, top, std::max(8.0, xOf(m_count)), barHeight), 4, 4);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setBrush(theme().edge);
    for (const Mark& mark : marks()) painter.drawRect(QRectF(qRound(xOf(mark.at)) - 1, top - 4, 2, barHeight + 8));
}

void TokenMeter::paintMarks(QPainter& painter, int top) const {
    const auto all = marks();
    painter.setFont(smallFont(QFont::Medium, 11));
    painter.setPen(theme().text2);
    int right = width() + 6; // from the right to the left, so that the limit is always said
    for (auto mark = all.rbegin(); mark != all.rend(); ++mark) {
        const int w = painter.fontMetrics().horizontalAdvance(mark->text);
        const int left = std::clamp(int(xOf(mark->at)) - w / 2, 0, std::max(0, width() - w));
        if (left + w + 6 > right) continue;
        painter.drawText(QRect(left, top, w + 1, marksHeight), Qt::AlignLeft | Qt::AlignVCenter, mark->text);
        right = left;
    }
}

} // namespace phloxine::ui
