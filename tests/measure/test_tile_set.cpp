#include <QtTest>

class TileSetTest : public QObject {
    Q_OBJECT
};

QTEST_MAIN(TileSetTest)
#include "test_tile_set.moc"
