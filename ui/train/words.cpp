#include "ui/train/words.h"

#include <cmath>

#include <QCoreApplication>
#include <QLocale>

namespace phloxine::ui {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(phloxine::ui::TrainPage)
};
} // namespace

QString longTimeText(double seconds) {
    const auto whole = std::max<qint64>(1, std::llround(seconds));
    if (whole < 60) return Words::tr("%1\u00a0s").arg(whole);
    if (whole < 600) return Words::tr("%1\u00a0min %2\u00a0s").arg(whole / 60).arg(whole % 60 / 10 * 10);
    if (whole < 3600) return Words::tr("%1\u00a0min").arg(std::llround(double(whole) / 60));
    return Words::tr("%1\u00a0h %2\u00a0min").arg(whole / 3600).arg(whole % 3600 / 60, 2, 10, QLatin1Char('0'));
}

QString gigabytesText(double bytes) {
    if (bytes < 0.95e8) return Words::tr("%1\u00a0MB").arg(QLocale().toString(bytes / 1e6, 'f', 0));
    return Words::tr("%1\u00a0GB").arg(QLocale().toString(bytes / 1e9, 'f', 1));
}

QString imagesText(double images) {
    if (images >= 1e6) return Words::tr("%1\u00a0million").arg(QLocale().toString(images / 1e6, 'f', 2));
    return QLocale().toString(qint64(std::llround(images)));
}

QString clockText(const QDateTime& time) {
    return QLocale().toString(time.toLocalTime().time(), QLocale().timeFormat(QLocale::ShortFormat).remove(QStringLiteral(":ss")));
}

QString whenText(const QDateTime& time) {
    const auto here = time.toLocalTime();
    const auto clock = clockText(time);
    const auto days = here.date().daysTo(QDate::currentDate());
    if (days == 0) return Words::tr("today, %1", "time of day").arg(clock);
    if (days == 1) return Words::tr("yesterday, %1", "time of day").arg(clock);
    return Words::tr("%1, %2", "date, time of day").arg(QLocale().toString(here.date(), QLocale::ShortFormat), clock);
}

} // namespace phloxine::ui
