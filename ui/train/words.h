#pragma once
// Amounts as the page writes them.
#include <QDateTime>
#include <QString>

namespace phloxine::ui {

QString longTimeText(double seconds);     // "14 s", "2 min 10 s", "6 h 20 min"
QString gigabytesText(double bytes);      // "0.9 GB", "34 MB"
QString imagesText(double images);        // "1.24 million", "6 400"
QString clockText(const QDateTime& time); // "22:05"; in the time of this place
QString whenText(const QDateTime& time);  // "today, 22:05"; in the time of this place

} // namespace phloxine::ui
