#pragma once
// A folder with two sets of rendered fields of two classes, and what the commands that measure them say.
#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "core/image/ImageFile.h"
#include "core/measure/tissue/rendered_fields.h"
#include "tests/support/program.h"

namespace phloxine {

struct MeasureFolder {
    QTemporaryDir dir;

    QString at(const QString& name) const { return dir.filePath(name); }
    Outcome run(const QStringList& arguments) const { return runProgram(arguments, dir.path()); }
    QByteArray read(const QString& name) const {
        QFile file(at(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    static void requireOneSentence(const Outcome& o) {
        QVERIFY2(o.err.startsWith("phloxine: ") && o.err.count('\n') == 1 && o.err.endsWith("\n"), o.err);
        QVERIFY2(o.out.isEmpty(), o.out);
    }
    void render(const QString& set, int groups, std::uint64_t seed) const {
        for (const QString name : {"few", "many"}) {
            QVERIFY(QDir(dir.path()).mkpath(set + "/" + name));
            for (int i = 0; i < 2 * groups; ++i) {
                FieldSettings settings;
                settings.sidePx = 64, settings.nuclei = name == "few" ? 3 : 10;
                const auto file = at(QStringLiteral("%1/%2/g%3_%4.png").arg(set, name).arg(i / 2).arg(i % 2));
                writePng(file.toStdString(), renderField(settings, seed + std::uint64_t(i) + (name == "few" ? 500 : 0)));
            }
        }
    }
    void prepare() const {
        QVERIFY2(QFile::exists(program()), "the program is not built");
        qputenv("XDG_DATA_HOME", at("data").toUtf8()); // the models of this user stay as they are
        render("real", 7, 1), render("made", 4, 10000);
        QFile clicks(at("clicks.json"));
        QVERIFY(clicks.open(QIODevice::WriteOnly) && clicks.write("{\"format\":") > 0);
    }
};

} // namespace phloxine
