#pragma once
// Before a report is saved: may it show pictures of real tiles? No, unless the user says so. Then the folder is chosen.
#include <QDialog>

class QCheckBox;

namespace phloxine::ui {

class SaveReportDialog : public QDialog {
    Q_OBJECT
public:
    explicit SaveReportDialog(QWidget* parent = nullptr);

Q_SIGNALS:
    void folderWanted(bool realPictures); // the dialog has closed

private:
    QCheckBox* m_realPictures;
};

} // namespace phloxine::ui
